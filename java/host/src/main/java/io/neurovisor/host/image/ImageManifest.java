package io.neurovisor.host.image;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Map;

/**
 * What is in a built image and where it came from.
 *
 * @param created when it was built, as in {@code 2026-11-25T01:26:00Z}
 * @param sources the mirrors the packages came from
 * @param tools the versions of the programs that built it
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
        List<InstalledPackage> packages) {
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
    }
}
