package io.neurovisor.engine.program;

import java.nio.ByteBuffer;

/**
 * Receives the output of a program as it is produced, in order within each stream. A call may block, which applies
 * back-pressure to the program. The buffer contains bytes, not lines, and is valid during the call only.
 */
public interface OutputSink {
    void stdout(ByteBuffer bytes);

    void stderr(ByteBuffer bytes);

    /**
     * Receives a part of a file from {@code out/}. The parts of a file arrive in order, and the last one is marked; a
     * file without a last part is incomplete.
     *
     * @param path relative to {@code out/}, checked by {@link FilePath}
     */
    void file(String path, ByteBuffer part, boolean last);
}
