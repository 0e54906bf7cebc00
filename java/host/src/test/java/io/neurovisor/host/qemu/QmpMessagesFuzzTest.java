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

/** Arbitrary output of a monitor whose VMM was taken over. */
@Tag("fuzz")
final class QmpMessagesFuzzTest {
    /** Parsing yields messages or the end; texts that become part of our messages are one safe line. */
    @FuzzTest
    void monitor(byte[] said) throws IOException {
        QmpMessages messages = new QmpMessages(new ByteArrayInputStream(said));
        try {
            for (Optional<JsonNode> message = messages.next(); message.isPresent(); message = messages.next()) {
                JsonNode node = message.get();
                assertSafe(QmpMessages.sanitized(node.path("error").path("desc")));
                assertSafe(QmpMessages.sanitized(node.path("data").path("reason")));
                assertSafe(QmpMessages.consoleTail(node.path("return")));
                assertThat(QmpMessages.time(node)).isNotNull();
            }
        } catch (JsonProcessingException noJson) {
            // The connection ends with this fault.
        }
    }

    private static void assertSafe(String text) {
        assertThat(text).isEqualTo(UntrustedText.line(text)).hasSizeLessThan(1000);
    }
}
