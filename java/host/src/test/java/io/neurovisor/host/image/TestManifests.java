package io.neurovisor.host.image;

import java.util.List;
import java.util.Map;

/** Manifests for tests. */
final class TestManifests {
    private TestManifests() {}

    static ImageManifest image() {
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
                        new InstalledPackage("libstdc++6", "1:14.2.0-19", "amd64", "gcc-14", "14.2.0-19")));
    }

    static SmallKernelManifest smallKernel() {
        return new SmallKernelManifest(
                "6.12.1-neurovisor",
                "linux-source-6.12",
                "6.12.1-1",
                "f".repeat(64),
                "5".repeat(64),
                "gcc 14",
                "ld 2.44",
                "a".repeat(64),
                "b".repeat(64),
                19_000_000L,
                "2026-11-25T01:26:00Z",
                "trixie",
                List.of("http://deb.debian.org/debian"),
                List.of(
                        new InstalledPackage("gcc", "4:14.2.0-1", "amd64", "gcc-defaults", "1.220"),
                        new InstalledPackage("linux-source-6.12", "6.12.1-1", "all", "linux", "6.12.1-1")));
    }
}
