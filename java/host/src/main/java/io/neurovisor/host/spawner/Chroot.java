package io.neurovisor.host.spawner;

import java.nio.file.Path;

/**
 * The confinement of a VMM to its own root directory, which Firecracker's jailer sets up for root and bubblewrap for ordinary
 * users. The VMM inherits no descriptors; its files have names in its root.
 *
 * @param jailer the path of Firecracker's jailer
 * @param directory the directory in which the root is made, on the file system of the VMM's files; only this user may write to it
 * @param maxFileBytes the maximum size of the VMM's files
 */
public record Chroot(Path jailer, Path directory, long maxFileBytes) implements Confinement {
    public Chroot {
        jailer = jailer.toAbsolutePath();
        directory = directory.toAbsolutePath();
    }
}
