package io.neurovisor.engine.file;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/** A change of a file's permission bits and of its extended attributes {@code user.*}. */
public record FileAttributes(OptionalInt permissions, Map<String, ByteBuffer> xattrs, Set<String> removedXattrs) {
    public FileAttributes {
        xattrs = Map.copyOf(xattrs);
        removedXattrs = Set.copyOf(removedXattrs);
    }
}
