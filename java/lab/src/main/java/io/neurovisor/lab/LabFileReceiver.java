package io.neurovisor.lab;

import java.nio.ByteBuffer;

/** Receives files from a lab machine. */
@FunctionalInterface
public interface LabFileReceiver {
    /**
     * Receives the next part of a file; the files arrive one after the other.
     *
     * @param path plain names separated by slashes
     */
    void file(String path, ByteBuffer part, boolean last);
}
