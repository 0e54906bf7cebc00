package io.neurovisor.engine.file;

import java.nio.ByteBuffer;

/** A file that is being written. */
public interface FileWriter extends AutoCloseable {
    /**
     * Sends bytes; blocks while the guest has not written what was sent before. The first call, which may have none, begins
     * the file.
     */
    void write(ByteBuffer bytes);

    /** Completes the file and returns its entry. */
    FileEntry finish();

    /** Ends the call. A file that is replaced or created keeps its state from before unless the write has finished. */
    @Override
    void close();
}
