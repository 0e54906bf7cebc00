package io.neurovisor.host.guestlink;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.FileLimits;
import io.neurovisor.engine.program.FilePath;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.proto.execution.OutputFilePart;
import java.util.HashSet;
import java.util.Set;

/**
 * The files that a guest sends, passed on in parts. The agent keeps the limits and the rules for paths by itself, so that
 * a part which breaks them comes from an agent that is not ours any more: the machine counts as lost.
 */
final class OutputFiles {
    private final OutputSink sink;
    private final Set<String> paths = new HashSet<>();
    private String open = "";
    private long bytes;

    OutputFiles(OutputSink sink) {
        this.sink = requireNonNull(sink, "sink is null");
    }

    void add(OutputFilePart part) {
        String path = part.getPath();
        if (open.isEmpty()) {
            begin(path);
        } else if (!open.equals(path)) {
            throw broken("began a file before it had ended the one before");
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
        if (!paths.add(path)) {
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
