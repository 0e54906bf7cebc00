package io.neurovisor.lab;

import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The JDK that runs this process. A lab machine with the same JDK at the same path can use the class caches that were
 * recorded here; without them each start of a JVM takes seconds on an emulated processor.
 */
final class HostJdk {
    /** The lab machine has certificates at this path as well. */
    private static final Path CERTIFICATES = Path.of("/etc/ssl/certs");

    private HostJdk() {}

    /**
     * Returns empty if links of the JDK lead out of its directory, as in a distribution's package: in the lab machine
     * they would be broken.
     */
    static Optional<Path> selfContained() {
        return selfContained(Path.of(System.getProperty("java.home")));
    }

    static Optional<Path> selfContained(Path home) {
        try (Stream<Path> files = Files.walk(home)) {
            Path real = home.toRealPath();
            for (Path link : files.filter(Files::isSymbolicLink).toList()) {
                Path target = link.resolveSibling(Files.readSymbolicLink(link)).normalize();
                if (!target.startsWith(real) && !target.startsWith(home) && !target.startsWith(CERTIFICATES)) {
                    return Optional.empty();
                }
            }
            return Optional.of(home);
        } catch (IOException failure) {
            throw StorageFaults.of("read", home, failure);
        }
    }
}
