package io.neurovisor.host.qemu;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.host.message.ConsoleText;
import io.neurovisor.host.message.GuestText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

/**
 * What QEMU says on its monitor, a line each. A guest that took over its VMM could write anything here, so that a line has an
 * end, what is made of one is not much more than the line, and no text of it reaches a message as it is.
 */
final class QmpMessages {
    /** The console's ring of 64 KiB in Base64 is the longest that is asked for. */
    static final int MAX_LINE_BYTES = 128 << 10;

    /** An object of fifty bytes is made of each; an honest message has a few dozen. */
    private static final int MAX_TOKENS = 4096;

    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxTokenCount(MAX_TOKENS).build())
            .build());

    private final InputStream input;
    private byte[] line = new byte[512];

    QmpMessages(InputStream input) {
        this.input = requireNonNull(input, "input is null");
    }

    /** Empty at the end, and where a line has none. */
    Optional<JsonNode> next() throws IOException {
        int length = 0;
        for (int next = input.read(); next >= 0; next = input.read()) {
            if (next == '\n') {
                // As UTF-8, whatever it looks like: of bytes the parser would guess another coding.
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

    /** A text within a message, as a message of ours may have it. */
    static String words(JsonNode text) {
        return GuestText.line(text.asText());
    }

    /** The last lines of the console, of an answer that holds its ring; empty where it holds anything else. */
    static String consoleTail(JsonNode ring) {
        try {
            return ConsoleText.tail(new String(Base64.getDecoder().decode(ring.asText()), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException noBase64) {
            return "";
        }
    }
}
