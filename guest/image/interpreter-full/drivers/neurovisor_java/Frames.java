import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Frames to the agent: two lengths, a JSON header, and a body. */
final class Frames {
    private static final int WRITE_BYTES = 64 << 10;
    private final OutputStream target;

    Frames(OutputStream target) {
        this.target = target;
    }

    synchronized void send(String header, String body) {
        byte[] first = header.getBytes(StandardCharsets.UTF_8);
        byte[] second = body.getBytes(StandardCharsets.UTF_8);
        try {
            DataOutputStream frame = new DataOutputStream(target);
            frame.write(lengths(first.length, second.length));
            frame.write(first);
            for (int start = 0; start < second.length; start += WRITE_BYTES) {
                frame.write(second, start, Math.min(WRITE_BYTES, second.length - start));
            }
        } catch (IOException failure) {
            // The agent has closed its end. Nothing can be reported any more.
            Runtime.getRuntime().halt(70);
        }
    }

    private static byte[] lengths(int first, int second) {
        return java.nio.ByteBuffer.allocate(8).putInt(first).putInt(second).array();
    }

    /** Returns at most so many characters as a JSON string. */
    static String quoted(String text, int most) {
        StringBuilder quoted = new StringBuilder("\"");
        text.chars().limit(most).forEach(next -> {
            if (next == '"' || next == '\\') {
                quoted.append('\\').append((char) next);
            } else if (next < ' ' || Character.isSurrogate((char) next)) {
                quoted.append(String.format("\\u%04x", next));
            } else {
                quoted.append((char) next);
            }
        });
        return quoted.append('"').toString();
    }
}
