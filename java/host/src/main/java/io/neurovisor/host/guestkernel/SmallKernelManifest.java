package io.neurovisor.host.guestkernel;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.debian.InstalledPackage;
import java.util.List;

/**
 * The inputs of the small kernel.
 *
 * @param release the release as {@code uname -r} prints it
 * @param sourceVersion the Debian version of the kernel's source
 * @param address the digest of all inputs
 * @param packages all packages of the build system, including the compiler
 */
record SmallKernelManifest(
        String release,
        String sourcePackage,
        String sourceVersion,
        String fragmentDigest,
        String scriptDigest,
        String compiler,
        String linker,
        String address,
        String kernelDigest,
        long kernelBytes,
        String created,
        String suite,
        List<String> sources,
        List<InstalledPackage> packages) {
    static final String FILE = "manifest.json";

    SmallKernelManifest {
        requireNonNull(release, "release is null");
        requireNonNull(sourcePackage, "sourcePackage is null");
        requireNonNull(sourceVersion, "sourceVersion is null");
        requireNonNull(fragmentDigest, "fragmentDigest is null");
        requireNonNull(scriptDigest, "scriptDigest is null");
        requireNonNull(compiler, "compiler is null");
        requireNonNull(linker, "linker is null");
        requireNonNull(address, "address is null");
        requireNonNull(kernelDigest, "kernelDigest is null");
        requireNonNull(created, "created is null");
        requireNonNull(suite, "suite is null");
        sources = List.copyOf(sources);
        packages = List.copyOf(packages);
    }
}
