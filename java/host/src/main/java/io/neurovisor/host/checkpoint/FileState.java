package io.neurovisor.host.checkpoint;

import io.neurovisor.host.files.FileStamp;
import io.neurovisor.host.files.Sha256;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A file of a checkpoint as it was written. The number of the device is not kept, because it may change when the host boots.
 *
 * @param sha256 the digest of a small file; empty for a large one, which contains checksums of its own
 */
record FileState(long bytes, long inode, long modifiedNanos, long changedNanos, String sha256) {
    private static final long DIGESTED_MAX_BYTES = 1 << 20;

    FileState {
        if (bytes < 0 || !(sha256.isEmpty() ? bytes > DIGESTED_MAX_BYTES : Sha256.isDigest(sha256))) {
            throw new IllegalArgumentException("not the state of a file");
        }
    }

    static FileState of(Path file) throws IOException {
        FileStamp stamp = FileStamp.of(file);
        return new FileState(
                stamp.sizeBytes(),
                stamp.inode(),
                stamp.modifiedNanos(),
                stamp.changedNanos(),
                stamp.sizeBytes() > DIGESTED_MAX_BYTES ? "" : Sha256.of(file));
    }

    /** Returns how the file differs from this state. */
    Optional<String> difference(Path file) throws IOException {
        long found = FileStamp.of(file).sizeBytes();
        if (found != bytes) {
            return Optional.of("has %d bytes instead of %d".formatted(found, bytes));
        }
        return of(file).equals(this) ? Optional.empty() : Optional.of("has changed since it was written");
    }
}
