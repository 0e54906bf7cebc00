package io.neurovisor.host.spawner;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How the spawner is started.
 *
 * @param bubblewrap jails the VMMs
 * @param uids of VMMs; present for root, whose VMMs have users of their own, and only for root
 */
public record SpawnerProgram(Path executable, Path bubblewrap, Optional<UidRange> uids) {
    public SpawnerProgram {
        requireNonNull(executable, "executable is null");
        bubblewrap = bubblewrap.toAbsolutePath();
        requireNonNull(uids, "uids is null");
    }

    List<String> command(Path runtimeDirectory) {
        List<String> command = new ArrayList<>(List.of(
                executable.toString(), "--runtime-dir", runtimeDirectory.toString(), "--bwrap", bubblewrap.toString()));
        uids.ifPresent(range -> command.addAll(List.of("--uids", range.toString())));
        return command;
    }
}
