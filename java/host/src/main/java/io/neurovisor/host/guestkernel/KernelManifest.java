package io.neurovisor.host.guestkernel;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * The origin of a guest kernel.
 *
 * @param release the release as {@code uname -r} prints it
 * @param modules the modules' file names in load order
 */
public record KernelManifest(
        String release,
        String debianPackage,
        String suite,
        String created,
        List<String> sources,
        List<String> modules) {
    static final String FILE = "manifest.json";

    public KernelManifest {
        requireNonNull(release, "release is null");
        requireNonNull(debianPackage, "debianPackage is null");
        requireNonNull(suite, "suite is null");
        requireNonNull(created, "created is null");
        sources = List.copyOf(sources);
        modules = List.copyOf(modules);
    }
}
