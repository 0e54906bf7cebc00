package io.neurovisor.host.image;

import io.neurovisor.host.debian.InstalledPackage;
import io.neurovisor.host.debian.PythonPackage;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Manifests for tests. */
final class TestManifests {
    private TestManifests() {}

    static ImageManifest image() {
        return image(List.of(), null);
    }

    static ImageManifest imageOfAPersonsOwn() {
        return image(
                List.of(new PythonPackage("six", "1.17.0")), definition("tiny", List.of("jq"), List.of("six==1.17.0")));
    }

    /** An image that preloads no modules. */
    static ImageDefinition definition(String from, List<String> packages, List<String> requirements) {
        return new ImageDefinition(from, packages, requirements, List.of());
    }

    private static ImageManifest image(List<PythonPackage> pythonPackages, @Nullable ImageDefinition definition) {
        return new ImageManifest(
                "base",
                "a".repeat(64),
                "b".repeat(64),
                123_456_789L,
                "2026-11-25T01:26:00Z",
                "trixie",
                List.of("http://deb.debian.org/debian"),
                Map.of("mmdebstrap", "mmdebstrap 1.3.5"),
                List.of(
                        new InstalledPackage("bash", "5.2.37-2+b10", "amd64", "bash", "5.2.37-2"),
                        new InstalledPackage("libstdc++6", "1:14.2.0-19", "amd64", "gcc-14", "14.2.0-19")),
                pythonPackages,
                definition);
    }
}
