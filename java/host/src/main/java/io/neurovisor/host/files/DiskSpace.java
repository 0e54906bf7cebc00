package io.neurovisor.host.files;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.nio.file.Path;

/** The check that a disk has room before a long work begins. */
public final class DiskSpace {
    private static final long MEBIBYTE = 1 << 20;

    private DiskSpace() {}

    /** Fails when the directory's disk has less than the needed room for this user. */
    public static void require(Path directory, long neededBytes, String purpose) {
        // Not by FileStore: it looks for the directory's mount point, and in a chroot there may be none (statvfs(3)
        // asks
        // for no such thing).
        long freeBytes = directory.toFile().getUsableSpace();
        if (freeBytes < neededBytes) {
            throw new NeuroVisorException(
                    Fault.STORAGE_FAILED,
                    "%s needs %d MiB in %s, which has %d MiB free; free some space or give another --data-dir"
                            .formatted(purpose, neededBytes / MEBIBYTE, directory, freeBytes / MEBIBYTE));
        }
    }
}
