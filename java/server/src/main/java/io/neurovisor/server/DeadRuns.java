package io.neurovisor.server;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.spawner.SpawnerSweep;
import io.neurovisor.host.store.DeadProcesses;
import io.neurovisor.host.store.UnusedPath;
import io.neurovisor.host.store.UseRegistry;
import io.neurovisor.lab.Labs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What runs left that died together with their spawner. Those that died alone have left nothing: their spawner has removed
 * it.
 */
public final class DeadRuns {
    private static final String REASON = "left by a run that died";

    private final SpawnerSweep sweep;
    private final DeadProcesses processes;
    private final List<Path> bases;
    private final Labs labs;
    private final boolean dryRun;

    /** @param dryRun whether to tell only what would be removed */
    public DeadRuns(Settings settings, Map<String, String> environment, boolean dryRun) {
        this.sweep = new SpawnerSweep(settings.spawner(), dryRun);
        this.processes = new DeadProcesses(new UseRegistry(settings.dataDir()), dryRun);
        this.bases = RuntimeDirectory.bases(environment);
        this.labs = LabWiring.labs(settings);
        this.dryRun = dryRun;
    }

    /**
     * What there was.
     *
     * @param things that were removed
     * @param problems in words, a line for each thing that stays
     */
    public record Swept(List<UnusedPath> things, List<String> problems) {
        public Swept {
            things = List.copyOf(things);
            problems = List.copyOf(problems);
        }
    }

    public Swept sweep() {
        List<UnusedPath> things = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        // Where sockets are kept depends on the environment, and that of the dead may have been another.
        Set<Path> places = new LinkedHashSet<>(bases);
        processes.runtimeDirectories().forEach(directory -> places.add(requireNonNull(directory.getParent())));
        for (Path base : places) {
            SpawnerSweep.Swept swept = sweep.sweep(base);
            swept.removed().forEach(path -> things.add(new UnusedPath(path, REASON, 0)));
            problems.addAll(swept.problems());
        }
        processes.sweep().stream()
                .filter(left -> things.stream().noneMatch(thing -> thing.path().equals(left.path())))
                .forEach(things::add);
        labs.sweep(dryRun).forEach(home -> things.add(new UnusedPath(home, "left by a lab machine that has ended", 0)));
        return new Swept(things, problems);
    }
}
