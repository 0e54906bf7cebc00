package io.neurovisor.lab;

import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The JDK that runs this process. A lab that has the same one at the same path can use the caches that were recorded here,
 * without which each start of a JVM takes seconds where the processor is emulated.
 */
final class HostJdk {
    /** The lab has certificates there, too. */
    private static final Path CERTIFICATES = Path.of("/etc/ssl/certs");

    private HostJdk() {}

    /** Empty for one whose links lead out of its directory, as those of a distribution do: elsewhere they lead nowhere. */
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
