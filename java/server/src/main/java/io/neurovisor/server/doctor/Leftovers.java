package io.neurovisor.server.doctor;

import io.neurovisor.host.doctor.Finding;
import io.neurovisor.host.store.DataDirectory;
import io.neurovisor.server.DeadRuns;
import io.neurovisor.server.Settings;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The leftovers of killed runs. */
final class Leftovers {
    private static final String NAME = "leftovers";

    private final Settings settings;
    private final Map<String, String> environment;

    Leftovers(Settings settings, Map<String, String> environment) {
        this.settings = settings;
        this.environment = Map.copyOf(environment);
    }

    /** Must be called before anything is started, because a start removes leftovers. */
    Finding examine() {
        DeadRuns.Swept left = sweep(true);
        if (!left.problems().isEmpty()) {
            return Finding.warn(NAME, left.problems().getFirst(), "remove it");
        }
        return left.things().isEmpty()
                ? Finding.pass(NAME, "killed runs have left nothing behind")
                : Finding.warn(
                        NAME,
                        left.things().size() + " things that killed runs have left behind, such as "
                                + left.things().getFirst().path(),
                        "./neurovisor doctor --fix");
    }

    /** Removes the leftovers. Returns a line for each thing that was removed or could not be. */
    List<String> remove() {
        DeadRuns.Swept swept = sweep(false);
        return Stream.concat(
                        swept.things().stream().map(item -> "removed " + item.path() + " (" + item.reason() + ")"),
                        swept.problems().stream().map(problem -> "not removed: " + problem))
                .toList();
    }

    private DeadRuns.Swept sweep(boolean dryRun) {
        if (!dryRun && Files.isDirectory(settings.config().dataDir())) {
            new DataDirectory(settings.config().dataDir()).requireOurs();
        }
        return new DeadRuns(settings, environment, dryRun).sweep();
    }
}
