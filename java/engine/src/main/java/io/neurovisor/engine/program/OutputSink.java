package io.neurovisor.engine.program;

import java.nio.ByteBuffer;

/**
 * Where output goes as it is produced, in order within each stream. A call may block: that holds the program back, all
 * the way to its pipe. Bytes, not lines; the buffer is valid during the call only.
 */
public interface OutputSink {
    void stdout(ByteBuffer bytes);

    void stderr(ByteBuffer bytes);

    /**
     * A part of a file that the program has left in {@code out/}. The parts of a file come one after the other and end
     * with one that is the last; a file whose last part never comes is not complete.
     *
     * @param path relative to {@code out/}, as {@link FilePath} checks it
     */
    void file(String path, ByteBuffer part, boolean last);
}
