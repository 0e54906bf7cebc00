package io.neurovisor.host.spawner;

import io.neurovisor.proto.spawner.Restrict;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The programs that are executed to start a VMM.
 *
 * @param jailer the jailer of a VMM that is confined by a {@link Chroot}
 */
public record VmmPrograms(Path executable, Optional<Path> jailer) {
    Restrict message() {
        Restrict.Builder restrict = Restrict.newBuilder().addExecutables(executable.toString());
        jailer.ifPresent(program -> restrict.addJailers(program.toString()));
        return restrict.build();
    }
}
