package io.neurovisor.engine.vm;

import java.nio.file.Path;

/**
 * The three read-only files a guest boots from, with the SHA-256 (64 lower-case hexadecimal digits) of each.
 *
 * @param image the name of the root image, such as {@code base}
 * @param kernel an uncompressed ELF kernel ({@code vmlinux})
 * @param initrd the guest agent as {@code /init}, with the kernel modules it loads
 * @param rootfs the root file system: squashfs, erofs or ext4
 */
public record BootFiles(
        String image,
        Path kernel,
        String kernelDigest,
        Path initrd,
        String initrdDigest,
        Path rootfs,
        String rootfsDigest) {}
