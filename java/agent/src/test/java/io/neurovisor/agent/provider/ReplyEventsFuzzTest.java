package io.neurovisor.agent.provider;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.neurovisor.engine.text.UntrustedText;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Tag;

/** Fuzzes the events of model servers. */
@Tag("fuzz")
final class ReplyEventsFuzzTest {
    /** Checks that each event is valid or rejected with one harmless line. */
    @FuzzTest
    void events(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        for (StreamCheck check : List.of(new OpenAiStream(), new OllamaStream())) {
            try {
                for (String line : text.lines().toList()) {
                    assertThat(check.checked(line)).isNotBlank();
                }
                assertThat(check.times().toString()).isNotBlank();
                assertThat(check.isComplete() || !check.isCut()).isTrue();
            } catch (StreamCheck.Refused refused) {
                assertHarmless(refused.explanation());
            }
        }
        assertHarmless(ServerErrors.message(text));
    }

    private static void assertHarmless(String text) {
        assertThat(text).isEqualTo(UntrustedText.line(text)).hasSizeLessThanOrEqualTo(303);
    }
}
