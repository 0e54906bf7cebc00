package io.neurovisor.e2b.files;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.neurovisor.e2b.HttpFailure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Tag;

/** Any body that a client may upload: the first line is its type, the rest its parts. */
@Tag("fuzz")
final class MultipartFuzzTest {
    private static final int MOST_PARTS = 1000;

    /** The parts do not depend on how the bytes arrive, and what is malformed is a mistake of the client. */
    @FuzzTest
    void parts(byte[] bytes) throws IOException {
        int line = 0;
        while (line < bytes.length && bytes[line] != '\n') {
            line++;
        }
        String type = new String(bytes, 0, line, StandardCharsets.ISO_8859_1);
        byte[] body = Arrays.copyOfRange(bytes, Math.min(bytes.length, line + 1), bytes.length);
        assertThat(read(type, new Bytewise(body))).isEqualTo(read(type, new ByteArrayInputStream(body)));
    }

    private static String read(String type, InputStream body) throws IOException {
        Events events = new Events();
        try {
            Multipart.read(type, body, events);
            assertThat(events.isOpen).isFalse();
        } catch (HttpFailure refused) {
            assertThat(refused.status()).isEqualTo(400);
            // Where it was found to be malformed depends on the pieces.
            return "refused";
        }
        assertThat(events.parts).isLessThanOrEqualTo(MOST_PARTS);
        return events.text.toString();
    }

    /** What the parser has reported. */
    private static final class Events implements Multipart.Files {
        private final StringBuilder text = new StringBuilder();
        private int parts;
        private boolean isOpen;

        @Override
        public void begin(Optional<String> fileName) {
            assertThat(isOpen).isFalse();
            isOpen = true;
            parts++;
            text.append(fileName).append('\n');
        }

        @Override
        public void content(ByteBuffer content) {
            assertThat(isOpen).isTrue();
            text.append(StandardCharsets.ISO_8859_1.decode(content));
        }

        @Override
        public void end() {
            assertThat(isOpen).isTrue();
            isOpen = false;
            text.append("\nend\n");
        }
    }

    /** Supplies one byte at a time. */
    private static final class Bytewise extends ByteArrayInputStream {
        Bytewise(byte[] bytes) {
            super(bytes);
        }

        @Override
        public synchronized int read(byte[] bytes, int offset, int length) {
            return super.read(bytes, offset, Math.min(1, length));
        }
    }
}
