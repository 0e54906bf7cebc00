package io.neurovisor.engine.file;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.OptionalInt;

/**
 * A file to be written. Missing directories above it are made.
 *
 * @param permissions of a new file; empty: 0644, or those of the file that is replaced
 * @param xattrs extended attributes {@code user.*} to set, without that prefix
 */
public record FileTarget(String path, WriteMode mode, OptionalInt permissions, Map<String, ByteBuffer> xattrs) {
    public FileTarget {
        xattrs = Map.copyOf(xattrs);
    }
}
