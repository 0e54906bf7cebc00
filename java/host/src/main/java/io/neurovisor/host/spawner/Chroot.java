package io.neurovisor.host.spawner;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/**
 * A root directory of the VMM's own: Firecracker's jailer makes it that for root, bubblewrap for everybody else. The VMM inherits
 * no descriptors; its files have names in its root.
 *
 * @param jailer Firecracker's jailer
 * @param directory in which the root is made; on the file system of the VMM's files, and nobody else's to write to
 * @param maxFileBytes how long the VMM's files may become
 */
public record Chroot(Path jailer, Path directory, long maxFileBytes) implements Confinement {
    public Chroot {
        jailer = jailer.toAbsolutePath();
        directory = requireNonNull(directory, "directory is null").toAbsolutePath();
    }
}
