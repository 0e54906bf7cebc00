package io.neurovisor.engine.file;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * An entry of a directory; symbolic links are not followed.
 *
 * @param path absolute
 * @param mode the permission bits
 * @param xattrs the extended attributes {@code user.*}, without that prefix
 */
public record FileEntry(
        String name,
        String path,
        FileType type,
        long size,
        int mode,
        String owner,
        String group,
        Instant modified,
        Optional<String> symlinkTarget,
        Map<String, ByteBuffer> xattrs) {
    public FileEntry {
        xattrs = Map.copyOf(xattrs);
    }
}
