package io.neurovisor.host.guestkernel;

import io.neurovisor.host.debian.InstalledPackage;
import java.util.List;

/** Manifests of kernels for tests. */
final class TestKernelManifests {
    private TestKernelManifests() {}

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
