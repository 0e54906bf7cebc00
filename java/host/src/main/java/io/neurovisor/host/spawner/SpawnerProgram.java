package io.neurovisor.host.spawner;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The program of the spawner and its arguments.
 *
 * @param bubblewrap the program that jails the VMMs
 * @param uids the user ids for VMMs; present for root only, whose VMMs have their own users
 * @param ebpf the object file of the eBPF programs; empty if they are not to be loaded
 * @param quiet whether it logs nothing but the reason why it fails
 */
public record SpawnerProgram(
        Path executable, Path bubblewrap, Optional<UidRange> uids, Optional<Path> ebpf, boolean quiet) {
    public SpawnerProgram {
        bubblewrap = bubblewrap.toAbsolutePath();
        ebpf = ebpf.map(Path::toAbsolutePath);
    }

    List<String> command(Path runtimeDirectory) {
        List<String> command = new ArrayList<>(List.of(
                executable.toString(), "--runtime-dir", runtimeDirectory.toString(), "--bwrap", bubblewrap.toString()));
        uids.ifPresent(range -> command.addAll(List.of("--uids", range.toString())));
        ebpf.ifPresent(object -> command.addAll(List.of("--ebpf", object.toString())));
        if (quiet) {
            command.add("--quiet");
        }
        return command;
    }
}
