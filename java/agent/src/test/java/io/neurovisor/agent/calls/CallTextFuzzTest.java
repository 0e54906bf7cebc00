package io.neurovisor.agent.calls;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.neurovisor.agent.model.ToolCall;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Tag;

/** Fuzzes the text of models. */
@Tag("fuzz")
final class CallTextFuzzTest {
    private static final Set<String> TOOLS = Set.of("execute_code");

    /** Checks that only known tools are called, ids are unique, and all text is from the model. */
    @FuzzTest
    void reply(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        ParsedReply reading = CallText.read(text, TOOLS);
        assertThat(reading.answer().length() + reading.thinking().length()).isLessThanOrEqualTo(text.length());
        assertThat(reading.calls()).extracting(ToolCall::id).doesNotHaveDuplicates();
        assertThat(reading.calls()).allSatisfy(call -> assertThat(call.name()).isIn("", "execute_code"));
    }
}
