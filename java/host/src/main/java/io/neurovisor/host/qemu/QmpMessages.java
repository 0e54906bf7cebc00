package io.neurovisor.host.qemu;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.host.message.ConsoleText;
import io.neurovisor.host.message.GuestText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

/**
 * Parses the messages of QEMU's monitor, one per line. A guest that took over its VMM could write anything, so lines
 * are bounded, the parsed form is not much larger than the line, and its texts are sanitized for messages.
 */
final class QmpMessages {
    /** The longest requested text is the console's ring of 64 KiB in Base64. */
    static final int MAX_LINE_BYTES = 128 << 10;

    /** Each token becomes an object of fifty bytes; a genuine message has a few dozen. */
    private static final int MAX_TOKENS = 4096;

    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxTokenCount(MAX_TOKENS).build())
            .build());

    private final InputStream input;
    private byte[] line = new byte[512];

    QmpMessages(InputStream input) {
        this.input = input;
    }

    /** Returns the next message; empty at the end of the input, or if a line contains none. */
    Optional<JsonNode> next() throws IOException {
        int length = 0;
        for (int next = input.read(); next >= 0; next = input.read()) {
            if (next == '\n') {
                // Decoded as UTF-8 explicitly: from bytes the parser would guess the encoding.
                return Optional.of(JSON.readTree(new String(line, 0, length, StandardCharsets.UTF_8)));
            }
            if (length == MAX_LINE_BYTES) {
                return Optional.empty();
            }
            line = length == line.length ? Arrays.copyOf(line, length * 2) : line;
            line[length++] = (byte) next;
        }
        return Optional.empty();
    }

    /** Returns a text of a message in a form that is safe for our own messages. */
    static String sanitized(JsonNode text) {
        return GuestText.line(text.asText());
    }

    /** Returns the time of an event by QEMU's clock; long ago if it has none. */
    static Instant time(JsonNode event) {
        JsonNode time = event.path("timestamp");
        try {
            return Instant.ofEpochSecond(time.path("seconds").asLong())
                    .plus(time.path("microseconds").asLong(), ChronoUnit.MICROS);
        } catch (DateTimeException | ArithmeticException outOfRange) {
            return Instant.MIN;
        }
    }

    /** Returns the last lines of the console from a reply with its ring; empty if the reply contains anything else. */
    static String consoleTail(JsonNode ring) {
        try {
            return ConsoleText.tail(new String(Base64.getDecoder().decode(ring.asText()), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException noBase64) {
            return "";
        }
    }
}
