package io.neurovisor.host.guestlink;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.FileLimits;
import io.neurovisor.engine.program.FilePath;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.proto.execution.OutputFilePart;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * Passes on the files that a guest sends in parts. The agent enforces the limits and the rules for paths, so a
 * violation comes from a compromised guest, and its machine counts as lost.
 */
final class OutputFiles {
    private final OutputSink sink;

    /**
     * Path segments are separated by a character that no path contains and that sorts before all others, so that the
     * files below a path follow it.
     */
    private final NavigableSet<String> paths = new TreeSet<>();

    private String open = "";
    private long bytes;

    OutputFiles(OutputSink sink) {
        this.sink = sink;
    }

    void add(OutputFilePart part) {
        String path = part.getPath();
        if (open.isEmpty()) {
            begin(path);
        } else if (!open.equals(path)) {
            throw broken("began a file before the end of the previous one");
        }
        bytes += part.getContent().size();
        if (bytes > FileLimits.MAX_BYTES) {
            throw broken("sent files of more than " + FileLimits.MAX_BYTES + " bytes");
        }
        open = part.getLast() ? "" : path;
        sink.file(path, part.getContent().asReadOnlyByteBuffer(), part.getLast());
    }

    private void begin(String path) {
        FilePath.problem(path).ifPresent(problem -> {
            throw broken("sent a file whose path " + problem);
        });
        String sorted = path.replace('/', '\0');
        // INVARIANT: no path is below another, so nothing sorts between a file and the first file below it.
        String before = paths.floor(sorted);
        String after = paths.ceiling(sorted);
        if (before != null && sorted.startsWith(before + '\0')) {
            throw broken("sent a file below a file");
        }
        if (after != null && after.startsWith(sorted + '\0')) {
            throw broken("sent a file in the place of a directory");
        }
        if (!paths.add(sorted)) {
            throw broken("sent a file twice");
        }
        if (paths.size() > FileLimits.MAX_COUNT) {
            throw broken("sent more than " + FileLimits.MAX_COUNT + " files");
        }
    }

    private static NeuroVisorException broken(String what) {
        return new NeuroVisorException(Fault.SANDBOX_LOST, "the guest agent " + what);
    }
}
