package io.neurovisor.engine.machine;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.OutputSink;
import java.nio.ByteBuffer;

/**
 * Passes on at most the output that a program may write. The guest agent ends a program at this limit, so only a
 * compromised guest exceeds it.
 */
final class CappedSink implements OutputSink {
    /** The limit of each stream. */
    static final long MAX_STREAM_BYTES = 64L << 20;

    private final OutputSink sink;
    private long stdoutBytes;
    private long stderrBytes;

    CappedSink(OutputSink sink) {
        this.sink = sink;
    }

    @Override
    public void stdout(ByteBuffer bytes) {
        stdoutBytes = counted(stdoutBytes, bytes, "stdout");
        sink.stdout(bytes);
    }

    @Override
    public void stderr(ByteBuffer bytes) {
        stderrBytes = counted(stderrBytes, bytes, "stderr");
        sink.stderr(bytes);
    }

    /** The receiver of files from a guest has checked them already. */
    @Override
    public void file(String path, ByteBuffer part, boolean last) {
        sink.file(path, part, last);
    }

    private static long counted(long before, ByteBuffer bytes, String stream) {
        long after = before + bytes.remaining();
        if (after > MAX_STREAM_BYTES) {
            throw new NeuroVisorException(
                    Fault.GUEST_EXCEEDED, "the guest sent more than " + MAX_STREAM_BYTES + " bytes of " + stream);
        }
        return after;
    }
}
