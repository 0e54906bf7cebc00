package io.neurovisor.host.image;

import java.nio.file.Path;

/** The files from which a lab machine boots. */
public record LabImage(Path kernel, Path initrd, Path rootfs) {}
