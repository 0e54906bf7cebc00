package io.neurovisor.host.files;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.nio.file.Path;

/** Checks for free disk space before a long operation. */
public final class DiskSpace {
    private static final long MEBIBYTE = 1 << 20;

    private DiskSpace() {}

    /** Throws if the directory's disk has less free space than needed. */
    public static void require(Path directory, long neededBytes, String purpose) {
        // Not FileStore, which looks for the mount point: in a chroot there may be none, and statvfs(3) needs none.
        long freeBytes = directory.toFile().getUsableSpace();
        if (freeBytes < neededBytes) {
            throw new NeuroVisorException(
                    Fault.STORAGE_FAILED,
                    "%s needs %d MiB in %s, which has %d MiB free; free some space or give another --data-dir"
                            .formatted(purpose, neededBytes / MEBIBYTE, directory, freeBytes / MEBIBYTE));
        }
    }
}
