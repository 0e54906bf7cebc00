package io.neurovisor.host.image;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.debian.InstalledPackage;
import io.neurovisor.host.debian.PythonPackage;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is in a built image and where it came from.
 *
 * @param created when it was built, as in {@code 2026-11-25T01:26:00Z}
 * @param sources the mirrors the packages came from
 * @param tools the versions of the programs that built it
 * @param pythonPackages what pip has installed
 * @param definition of an image that a person has defined, from which it can be built again
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
        // Manifests of images that are older than these fields lack them.
        pythonPackages = pythonPackages == null ? List.of() : List.copyOf(pythonPackages);
    }

    @Override
    public List<PythonPackage> pythonPackages() {
        return requireNonNull(pythonPackages, "pythonPackages is null");
    }
}
