package io.neurovisor.host.guestkernel;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.debian.InstalledPackage;
import java.util.List;

/**
 * What the small kernel was built from.
 *
 * @param release as {@code uname -r} prints it
 * @param sourceVersion the Debian version of the kernel's source
 * @param address digest of all that decided what was built
 * @param packages all that was installed where it was built, the compiler among them
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
