package io.neurovisor.host.image;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.debian.InstalledPackage;
import io.neurovisor.host.debian.PythonPackage;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The content and the origin of a built image.
 *
 * @param created the time of the build, such as {@code 2026-11-25T01:26:00Z}
 * @param sources the mirrors of the packages
 * @param tools the versions of the programs that built it
 * @param pythonPackages the packages that pip has installed
 * @param definition the definition of a user's own image, from which it can be built again
 */
record ImageManifest(
        String name,
        String recipeDigest,
        String rootfsDigest,
        long rootfsBytes,
        String created,
        String suite,
        List<String> sources,
        Map<String, String> tools,
        List<InstalledPackage> packages,
        @Nullable List<PythonPackage> pythonPackages,
        @Nullable ImageDefinition definition) {
    static final String FILE = "manifest.json";

    ImageManifest {
        requireNonNull(name, "name is null");
        requireNonNull(recipeDigest, "recipeDigest is null");
        requireNonNull(rootfsDigest, "rootfsDigest is null");
        requireNonNull(created, "created is null");
        requireNonNull(suite, "suite is null");
        sources = List.copyOf(sources);
        tools = Map.copyOf(tools);
        packages = List.copyOf(packages);
        // Missing in manifests that were written before these fields existed.
        pythonPackages = pythonPackages == null ? List.of() : List.copyOf(pythonPackages);
    }

    @Override
    public List<PythonPackage> pythonPackages() {
        return requireNonNull(pythonPackages, "pythonPackages is null");
    }
}
