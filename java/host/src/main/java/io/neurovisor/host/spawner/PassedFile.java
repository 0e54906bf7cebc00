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
        DEVICE,
        /** A new file outside of any directory but a {@link Chroot}, to which the VMM writes the state of its devices. */
        STATE
    }

    public PassedFile {
        path = access == Access.STATE ? path : path.toAbsolutePath();
    }

    /** Returns the file to which a VMM writes the state of its devices; it ends with the VMM. */
    public static PassedFile deviceState() {
        return deviceState("");
    }

    /** Returns the file to which a VMM in a {@link Chroot} writes the state of its devices; it ends with the VMM. */
    public static PassedFile deviceState(String name) {
        return new PassedFile(Path.of(""), Access.STATE, name);
    }

    public PassedFile(Path path, Access access) {
        this(path, access, "");
    }
}
