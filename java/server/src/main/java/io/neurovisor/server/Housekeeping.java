package io.neurovisor.server;

import io.neurovisor.engine.time.Ticker;
import io.neurovisor.host.checkpoint.FileCheckpointStore;
import io.neurovisor.host.files.DiskUsage;
import io.neurovisor.host.image.Images;
import io.neurovisor.host.store.DataDirectory;
import io.neurovisor.host.store.StoreContent;
import io.neurovisor.host.store.StoreSweep;
import io.neurovisor.host.store.Supervisor;
import io.neurovisor.host.store.UnusedPath;
import io.neurovisor.host.store.UseRegistry;
import io.neurovisor.server.journal.ExecutionJournal;
import io.neurovisor.server.sandbox.records.SandboxDatabase;
import io.neurovisor.server.setting.DataSize;
import io.neurovisor.session.Sessions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what is no longer needed or exceeds the user's limits: artifacts, sessions, kept answers and records. What a running process
 * uses stays.
 */
public final class Housekeeping {
    private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);

    private final Settings settings;
    private final InstantSource clock;
    private final UseRegistry uses;
    private final boolean dryRun;
    private final List<UnusedPath> removed = new ArrayList<>();
    private final List<String> sessions = new ArrayList<>();

    public Housekeeping(Settings settings, InstantSource clock, boolean dryRun) {
        this.settings = settings;
        this.clock = clock;
        this.uses = new UseRegistry(settings.dataDir());
        this.dryRun = dryRun;
    }

    /**
     * What was removed; in a dry run, what would be.
     *
     * @param sessions a line for each
     */
    public record Removed(List<UnusedPath> paths, List<String> sessions) {
        public Removed {
            paths = List.copyOf(paths);
            sessions = List.copyOf(sessions);
        }

        public int items() {
            return paths.size() + sessions.size();
        }

        public long bytes() {
            return paths.stream().mapToLong(UnusedPath::bytes).sum();
        }
    }

    /** Removes what dead runs left, and applies the retention rules. */
    public Removed collect() {
        if (!Files.isDirectory(settings.dataDir())) {
            return new Removed(List.of(), List.of());
        }
        // Without this check, a mistyped --data-dir could make a foreign directory look like a store.
        new DataDirectory(settings.dataDir()).requireOurs();
        DeadRuns.Swept dead = new DeadRuns(settings, System.getenv(), dryRun).sweep();
        dead.problems().forEach(LOG::warn);
        removed.addAll(dead.things());
        try (Sessions existing =
                Sessions.openExisting(settings.sessions(), clock, Ticker.SYSTEM).orElse(null)) {
            if (existing != null) {
                expire(existing);
            }
        }
        if (ExecutionJournal.isIn(settings.journal())) {
            try (ExecutionJournal journal = ExecutionJournal.open(settings.journal(), clock)) {
                expire(journal);
            }
        }
        if (SandboxDatabase.isIn(settings.sandboxes())) {
            FileCheckpointStore checkpoints = InstalledComponents.checkpoints(settings);
            try (SandboxDatabase records = SandboxDatabase.open(settings.sandboxes(), clock, checkpoints)) {
                expire(records);
                removed.addAll(checkpoints.sweep(records.kept(), dryRun));
            }
        }
        sweepStores();
        return new Removed(removed, sessions);
    }

    /** Applies the retention rules in a process that has the sessions, the journal and perhaps records of sandboxes open. */
    public Removed retain(Sessions open, ExecutionJournal journal, Optional<SandboxDatabase> sandboxes) {
        expire(open);
        expire(journal);
        sandboxes.ifPresent(this::expire);
        sweepStores();
        return new Removed(removed, sessions);
    }

    private void sweepStores() {
        Images images = InstalledComponents.images(settings);
        List<StoreContent> stores = images.stores();
        stores.forEach(this::sweep);
        // A running machine keeps its files open, so they can be removed.
        sweep(LabWiring.images(settings, Supervisor.none()).content());
        // After the images, because templates of removed images are no longer needed.
        StoreContent templates = InstalledComponents.templates(settings).content(images.bootDigests());
        sweep(templates);
        settings.config().retention().cacheMax().ifPresent(max -> evict(max, stores, templates));
    }

    private void expire(Sessions open) {
        settings.config()
                .retention()
                .sessionsMaxAge()
                .ifPresent(age -> open.removeUnusedSince(clock.instant().minus(age), dryRun)
                        .forEach(session -> sessions.add("session " + session.id() + " (used last "
                                + session.used().truncatedTo(ChronoUnit.SECONDS) + ", kept for " + age.toDays()
                                + " days)")));
    }

    private void expire(ExecutionJournal journal) {
        ExecutionJournal.Expired expired = journal.sweep(dryRun);
        if (expired.executions() > 0) {
            removed.add(new UnusedPath(
                    settings.journal(),
                    expired.executions() + (expired.executions() == 1 ? " execution" : " executions")
                            + " with an idempotency key, whose output can no longer be requested",
                    expired.bytes()));
        }
    }

    private void expire(SandboxDatabase sandboxes) {
        int expired = sandboxes.sweep(dryRun);
        if (expired > 0) {
            removed.add(new UnusedPath(
                    settings.sandboxes(),
                    expired + (expired == 1 ? " record of a sandbox" : " records of sandboxes")
                            + " that ended more than 24 hours ago",
                    0));
        }
    }

    private void sweep(StoreContent store) {
        removed.addAll(sweep(store.directory()).sweep(store));
    }

    private StoreSweep sweep(Path directory) {
        return new StoreSweep(directory, uses, clock.instant(), dryRun);
    }

    /**
     * Removes templates before images, because they are rebuilt in seconds; of each kind the least recently used first.
     */
    private void evict(DataSize max, List<StoreContent> stores, StoreContent templates) {
        long bytes = Stream.concat(stores.stream(), Stream.of(templates))
                .mapToLong(store -> DiskUsage.bytes(store.directory()))
                .sum();
        if (dryRun) {
            bytes -= removed.stream().mapToLong(UnusedPath::bytes).sum();
        }
        for (Path directory : List.of(templates.directory(), settings.images())) {
            StoreSweep sweep = sweep(directory);
            for (StoreSweep.Current oldest : sweep.current().stream()
                    .sorted(Comparator.comparing(StoreSweep.Current::lastUsed))
                    .toList()) {
                if (bytes <= max.bytes()) {
                    return;
                }
                Optional<UnusedPath> evicted = sweep.remove(oldest, "over the limit of " + max + ", longest unused");
                bytes -= evicted.map(UnusedPath::bytes).orElse(0L);
                evicted.ifPresent(removed::add);
            }
        }
    }
}
