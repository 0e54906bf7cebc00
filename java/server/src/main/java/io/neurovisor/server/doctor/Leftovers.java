package io.neurovisor.server.doctor;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.doctor.Finding;
import io.neurovisor.host.store.DataDirectory;
import io.neurovisor.host.store.DeadProcesses;
import io.neurovisor.host.store.Unneeded;
import io.neurovisor.host.store.UseRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What runs left that died before they could clean up. */
final class Leftovers {
    private static final String NAME = "leftovers";

    private final Path dataDirectory;

    Leftovers(Path dataDirectory) {
        this.dataDirectory = requireNonNull(dataDirectory, "dataDirectory is null");
    }

    Finding examine() {
        List<Unneeded> left = sweep(true);
        return left.isEmpty()
                ? Finding.pass(NAME, "none of runs that died")
                : Finding.warn(
                        NAME,
                        left.size() + " of runs that died, such as "
                                + left.getFirst().path(),
                        "./neurovisor doctor --fix");
    }

    /** Returns what was done, a line for each. */
    List<String> remove() {
        return sweep(false).stream()
                .map(item -> "removed " + item.path() + " (" + item.reason() + ")")
                .toList();
    }

    private List<Unneeded> sweep(boolean dryRun) {
        if (!Files.isDirectory(dataDirectory)) {
            return List.of();
        }
        if (!dryRun) {
            new DataDirectory(dataDirectory).requireOurs();
        }
        return new DeadProcesses(new UseRegistry(dataDirectory), dryRun).sweep();
    }
}
