package io.neurovisor.host.spawner;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What is executed where a VMM is started.
 *
 * @param jailer of a VMM that is confined by a {@link Chroot}
 */
public record VmmPrograms(Path executable, Optional<Path> jailer) {
    public VmmPrograms {
        requireNonNull(executable, "executable is null");
        requireNonNull(jailer, "jailer is null");
    }
}
