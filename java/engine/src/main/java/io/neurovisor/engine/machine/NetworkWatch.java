package io.neurovisor.engine.machine;

import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;

/** Notices that a program has tried to use a network, by the end of its output, in order to explain the failure. */
final class NetworkWatch implements OutputSink {
    static final String HINT =
            "programs have no network; ./neurovisor image build makes an image with the packages that they need";

    /** The words of the C library, of Go and Node, of curl and of pip. */
    private static final List<String> ERRORS = List.of(
            "Name or service not known",
            "Temporary failure in name resolution",
            "No address associated with hostname",
            "Network is unreachable",
            "network is unreachable",
            "no such host",
            "ENOTFOUND",
            "EAI_AGAIN",
            "ENETUNREACH",
            "Could not resolve host",
            "No matching distribution found");

    private static final Pattern INSTALLATION =
            Pattern.compile("\\b(?:pip3?|npm|apt|apt-get|cargo|go)\\b[\\s'\",]+(?:install|add|get)\\b");

    private final OutputSink sink;
    private final Tail stdout = new Tail();
    private final Tail stderr = new Tail();

    NetworkWatch(OutputSink sink) {
        this.sink = sink;
    }

    @Override
    public void stdout(ByteBuffer bytes) {
        stdout.append(bytes.duplicate());
        sink.stdout(bytes);
    }

    @Override
    public void stderr(ByteBuffer bytes) {
        stderr.append(bytes.duplicate());
        sink.stderr(bytes);
    }

    @Override
    public void file(String path, ByteBuffer part, boolean last) {
        sink.file(path, part, last);
    }

    /** Returns a hint for the user, or an empty text if nothing suggests that the program needs a network. */
    String hint(Program program, Outcome outcome) {
        boolean waited = outcome == Outcome.TIMED_OUT
                && INSTALLATION.matcher(program.code()).find();
        return waited || stderr.hasError() || stdout.hasError() ? HINT : "";
    }

    /** The last 4 to 8 KiB of a stream. */
    private static final class Tail {
        private static final int KEPT = 4 << 10;

        private final byte[] bytes = new byte[2 * KEPT];
        private int length;

        void append(ByteBuffer added) {
            added.position(Math.max(added.position(), added.limit() - KEPT));
            if (added.remaining() > bytes.length - length) {
                int kept = Math.min(length, KEPT);
                System.arraycopy(bytes, length - kept, bytes, 0, kept);
                length = kept;
            }
            int count = added.remaining();
            added.get(bytes, length, count);
            length += count;
        }

        boolean hasError() {
            String text = new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
            return ERRORS.stream().anyMatch(text::contains);
        }
    }
}
