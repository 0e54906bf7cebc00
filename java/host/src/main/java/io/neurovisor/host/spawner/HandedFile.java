package io.neurovisor.host.spawner;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/** A file that the spawner opens for a VMM, which has no path to it. */
public record HandedFile(Path path, Access access) {
    /** What the VMM may do with it. */
    public enum Access {
        READ,
        /** It must not be there yet. The VMM's own while it lives, then ours and read-only. */
        CREATE,
        /** A device, to read and to write. */
        DEVICE
    }

    public HandedFile {
        requireNonNull(access, "access is null");
        path = path.toAbsolutePath();
    }
}
