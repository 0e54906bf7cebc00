package io.neurovisor.lab;

import java.nio.ByteBuffer;

/** Takes the files that come home from a lab. */
@FunctionalInterface
public interface LabFileReceiver {
    /**
     * The next part of a file; files come one after the other.
     *
     * @param path plain names separated by slashes
     */
    void file(String path, ByteBuffer part, boolean last);
}
