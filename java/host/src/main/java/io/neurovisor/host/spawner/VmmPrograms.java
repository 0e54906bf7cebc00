package io.neurovisor.host.spawner;

import static java.util.Objects.requireNonNull;

import io.neurovisor.proto.spawner.Restrict;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The programs that are executed to start a VMM.
 *
 * @param jailer the jailer of a VMM that is confined by a {@link Chroot}
 */
public record VmmPrograms(Path executable, Optional<Path> jailer) {
    public VmmPrograms {
        requireNonNull(executable, "executable is null");
        requireNonNull(jailer, "jailer is null");
    }

    Restrict message() {
        Restrict.Builder restrict = Restrict.newBuilder().addExecutables(executable.toString());
        jailer.ifPresent(program -> restrict.addJailers(program.toString()));
        return restrict.build();
    }
}
