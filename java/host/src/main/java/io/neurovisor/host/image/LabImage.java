package io.neurovisor.host.image;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/** The files from which a lab machine boots. */
public record LabImage(Path kernel, Path initrd, Path rootfs) {
    public LabImage {
        requireNonNull(kernel, "kernel is null");
        requireNonNull(initrd, "initrd is null");
        requireNonNull(rootfs, "rootfs is null");
    }
}
