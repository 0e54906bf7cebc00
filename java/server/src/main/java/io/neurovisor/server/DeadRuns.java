package io.neurovisor.server;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.checkpoint.CheckpointStore;
import io.neurovisor.host.spawner.SpawnerSweep;
import io.neurovisor.host.store.DeadProcesses;
import io.neurovisor.host.store.UnusedPath;
import io.neurovisor.host.store.UseRegistry;
import io.neurovisor.lab.Labs;
import io.neurovisor.server.sandbox.records.SandboxDatabase;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The remains of runs that died together with their spawner. If only the run dies, its spawner removes what it left.
 */
public final class DeadRuns {
    private static final String REASON = "left by a run that was killed";

    private final SpawnerSweep sweep;
    private final DeadProcesses processes;
    private final List<Path> bases;
    private final Labs labs;
    private final Path sandboxes;
    private final CheckpointStore checkpoints;
    private final boolean dryRun;

    /** @param dryRun whether to report only what would be removed */
    public DeadRuns(Settings settings, Map<String, String> environment, boolean dryRun) {
        this.sweep = new SpawnerSweep(settings.spawner(), dryRun);
        this.processes = new DeadProcesses(new UseRegistry(settings.dataDir()), dryRun);
        this.bases = RuntimeDirectory.bases(environment);
        this.labs = LabWiring.labs(settings);
        this.sandboxes = settings.sandboxes();
        this.checkpoints = InstalledComponents.checkpoints(settings);
        this.dryRun = dryRun;
    }

    /**
     * The result of a sweep.
     *
     * @param things that were removed
     * @param problems one line for each thing that could not be removed
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
        // The directory of sockets depends on the environment, which may have been different for the dead run.
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
        sweepSandboxes(things, problems);
        return new Swept(things, problems);
    }

    /** A sandbox whose daemon was killed has no machine any more, but a record that does not say so, unless it was paused. */
    private void sweepSandboxes(List<UnusedPath> things, List<String> problems) {
        if (!SandboxDatabase.isIn(sandboxes)) {
            return;
        }
        try (SandboxDatabase records = SandboxDatabase.open(sandboxes, InstantSource.system(), checkpoints)) {
            int lost = dryRun ? records.lost() : records.endLost();
            if (lost > 0) {
                things.add(new UnusedPath(
                        sandboxes,
                        lost + (lost == 1 ? " sandbox" : " sandboxes")
                                + " of a daemon that was killed, recorded as alive",
                        0));
            }
        } catch (NeuroVisorException unusable) {
            problems.add(String.valueOf(unusable.getMessage()));
        }
    }
}
