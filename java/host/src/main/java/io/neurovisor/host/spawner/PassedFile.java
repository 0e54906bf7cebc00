package io.neurovisor.host.spawner;

import java.nio.file.Path;

/**
 * A file that the spawner opens and passes to a VMM, which has no path to it.
 *
 * @param name the name of the file in a {@link Chroot}; empty for other VMMs, which use its descriptor
 */
public record PassedFile(Path path, Access access, String name) {
    /** The access of the VMM to the file. */
    public enum Access {
        READ,
        /** A new file: the VMM owns it while it runs, then it becomes ours and read-only. */
        CREATE,
        /** A device for reading and writing. */
        DEVICE
    }

    public PassedFile {
        path = path.toAbsolutePath();
    }

    public PassedFile(Path path, Access access) {
        this(path, access, "");
    }
}
