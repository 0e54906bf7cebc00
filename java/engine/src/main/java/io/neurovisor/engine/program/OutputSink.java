package io.neurovisor.engine.program;

import java.nio.ByteBuffer;

/**
 * Where output goes as it is produced, in order within each stream. A call may block: that holds the program back, all
 * the way to its pipe. Bytes, not lines; the buffer is valid during the call only.
 */
public interface OutputSink {
    void stdout(ByteBuffer bytes);

    void stderr(ByteBuffer bytes);
}
