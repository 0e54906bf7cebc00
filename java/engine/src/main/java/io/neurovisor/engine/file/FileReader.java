package io.neurovisor.engine.file;

import java.nio.ByteBuffer;
import java.util.Optional;

/** A file that is being read. For one thread, but {@link #close} may be called by any. */
public interface FileReader extends AutoCloseable {
    /** Returns the entry of the file as it was when the reading began. */
    FileEntry entry();

    /**
     * Returns the next bytes, at most 64 KiB, and allows the guest to send as many more as the part before had; empty at
     * the end. The buffer is valid until the next call.
     */
    Optional<ByteBuffer> next();

    @Override
    void close();
}
