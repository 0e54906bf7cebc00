package io.neurovisor.host.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.neurovisor.engine.text.UntrustedText;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Tag;

/** Whatever a VMM that was taken over says on its monitor. */
@Tag("fuzz")
final class QmpMessagesFuzzTest {
    /** Messages or the end; what of them gets into messages of ours is one harmless line. */
    @FuzzTest
    void monitor(byte[] said) throws IOException {
        QmpMessages messages = new QmpMessages(new ByteArrayInputStream(said));
        try {
            for (Optional<JsonNode> message = messages.next(); message.isPresent(); message = messages.next()) {
                JsonNode node = message.get();
                assertHarmless(QmpMessages.sanitized(node.path("error").path("desc")));
                assertHarmless(QmpMessages.sanitized(node.path("data").path("reason")));
                assertHarmless(QmpMessages.consoleTail(node.path("return")));
            }
        } catch (JsonProcessingException noJson) {
            // The connection ends by it.
        }
    }

    private static void assertHarmless(String text) {
        assertThat(text).isEqualTo(UntrustedText.line(text)).hasSizeLessThan(1000);
    }
}
