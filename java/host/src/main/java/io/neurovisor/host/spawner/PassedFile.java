package io.neurovisor.host.spawner;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/**
 * A file that the spawner opens for a VMM, which has no path to it.
 *
 * @param name by which a VMM in a {@link Chroot} finds it; empty for others, which find it by its number
 */
public record PassedFile(Path path, Access access, String name) {
    /** What the VMM may do with it. */
    public enum Access {
        READ,
        /** It must not be there yet. The VMM's own while it lives, then ours and read-only. */
        CREATE,
        /** A device, to read and to write. */
        DEVICE
    }

    public PassedFile {
        requireNonNull(access, "access is null");
        requireNonNull(name, "name is null");
        path = path.toAbsolutePath();
    }

    public PassedFile(Path path, Access access) {
        this(path, access, "");
    }
}
