package io.neurovisor.tests.hostile.guest;

import io.neurovisor.engine.program.FilePath;
import io.neurovisor.engine.program.OutputSink;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/** Counts the output of an attack, keeps its beginning and detects output that the host should have rejected. */
final class AttackSink implements OutputSink {
    private final StringBuilder head = new StringBuilder();
    private final Set<String> files = new HashSet<>();
    private long stdoutBytes;
    private long stderrBytes;
    private long fileBytes;
    private String objection = "";

    @Override
    public void stdout(ByteBuffer bytes) {
        stdoutBytes += bytes.remaining();
        int missing = Math.min(Attack.BEFORE.length() - head.length(), bytes.remaining());
        if (missing > 0) {
            head.append(StandardCharsets.ISO_8859_1.decode(bytes.slice(bytes.position(), missing)));
        }
    }

    @Override
    public void stderr(ByteBuffer bytes) {
        stderrBytes += bytes.remaining();
    }

    @Override
    public void file(String path, ByteBuffer part, boolean last) {
        fileBytes += part.remaining();
        FilePath.problem(path).ifPresent(problem -> objection = "a file whose path " + problem);
        if (last && !files.add(path)) {
            objection = "a file twice";
        }
    }

    /** Returns which output exceeds the limits of a machine; empty if none. */
    String objection() {
        if (stdoutBytes > 64 << 20 || stderrBytes > 64 << 20 || fileBytes > 64 << 20 || files.size() > 1000) {
            return "%d and %d bytes of output, %d of %d files"
                    .formatted(stdoutBytes, stderrBytes, fileBytes, files.size());
        }
        return objection;
    }

    String head() {
        return head.toString();
    }
}
