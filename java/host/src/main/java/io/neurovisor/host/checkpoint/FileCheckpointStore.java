package io.neurovisor.host.checkpoint;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.checkpoint.CheckpointSource;
import io.neurovisor.engine.sandbox.checkpoint.CheckpointStore;
import io.neurovisor.engine.sandbox.checkpoint.SandboxCheckpoint;
import io.neurovisor.engine.sandbox.checkpoint.SharedMemory;
import io.neurovisor.engine.sandbox.checkpoint.Snapshot;
import io.neurovisor.engine.vm.Checkpoint;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.host.files.FileDigests;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.store.ArtifactContent;
import io.neurovisor.host.store.LastingUses;
import io.neurovisor.host.store.StagedDirectory;
import io.neurovisor.host.store.Supervisor;
import io.neurovisor.host.store.UnusedPath;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checkpoints in directories {@code ID-GENERATION}, which contain {@code manifest.json} and, in {@code machine}, the files of the
 * VMM. A snapshot has a {@code snapshot.json}, too; the files of a template are also those of a saved machine. Whole files of memory are not read: the VMM checks them when it loads them.
 */
public final class FileCheckpointStore implements CheckpointStore {
    private static final Logger LOG = LoggerFactory.getLogger(FileCheckpointStore.class);

    /** A separate directory, so that no file of a VMM can take the name of the manifest. */
    private static final String MACHINE = "machine";

    private final PublishedCheckpoints published;
    private final FileDigests digests;
    private final InstantSource clock;
    private final Supervisor supervisor;
    private final DiskRoom room;
    private final SharedMemories shared;

    /** Those whose files have been read, which never change; empty for a damaged one. */
    private final Map<CheckpointName, Optional<Snapshot>> snapshots = new ConcurrentHashMap<>();

    /**
     * @param directory created by the first save
     * @param digests remembers the digests of templates and images
     * @param maxBytes the limit of all checkpoints together
     * @param supervisor removes a half-made checkpoint if this process dies
     */
    public FileCheckpointStore(
            Path directory, FileDigests digests, long maxBytes, InstantSource clock, Supervisor supervisor) {
        this.published = new PublishedCheckpoints(directory);
        this.digests = digests;
        this.clock = clock;
        this.supervisor = supervisor;
        this.room = new DiskRoom(maxBytes);
        this.shared = new SharedMemories(supervisor, room);
    }

    @Override
    public SandboxCheckpoint save(CheckpointSource source, long expectedBytes, Consumer<Path> writer) {
        return save(source, expectedBytes, writer, Optional.empty());
    }

    @Override
    public SandboxCheckpoint keep(
            Snapshot snapshot, CheckpointSource source, long expectedBytes, Consumer<Path> writer) {
        return save(source, expectedBytes, writer, Optional.of(snapshot));
    }

    /** @param snapshot that is made of it */
    private SandboxCheckpoint save(
            CheckpointSource source, long expectedBytes, Consumer<Path> writer, Optional<Snapshot> snapshot) {
        CheckpointName name = new CheckpointName(source.sandbox(), source.generation());
        requireNewer(name);
        BaseTemplate base = BaseTemplate.of(source.sandbox(), source.template());
        return staged(expectedBytes, staged -> {
            Path machine = staged.path().resolve(MACHINE);
            writer.accept(machine);
            BaseTemplate template =
                    snapshot.filter(Snapshot::isTemplate).isPresent() ? flattened(base, name, machine) : base;
            Instant created = clock.instant().truncatedTo(ChronoUnit.MILLIS);
            ManifestJson.write(
                    staged.path().resolve(ManifestJson.FILE),
                    CheckpointManifest.of(source, created, template, MachineFiles.finish(machine)));
            LastingUses.write(staged.path(), template.artifacts());
            snapshot.ifPresent(made -> SnapshotFile.write(staged.path(), made));
            return publish(staged, name, created);
        });
    }

    /** Makes a saved machine of the files of a template. */
    private BaseTemplate flattened(BaseTemplate base, CheckpointName name, Path machine) {
        ArtifactContent.write(machine);
        return base.flattened(name.sandbox(), machine, machine(name));
    }

    @Override
    public void lend(SavedVm template, long expectedBytes, Consumer<Path> writer, Consumer<VmStart.Restore> use) {
        boolean _ = staged(expectedBytes, staged -> {
            Path machine = staged.path().resolve(MACHINE);
            writer.accept(machine);
            use.accept(new VmStart.Restore(template, Optional.of(new Checkpoint(machine))));
            return true;
        });
    }

    @Override
    public SharedMemory share(VmStart.Restore lent, long expectedBytes, Consumer<Path> writer) {
        return shared.share(published.create(), this::usedBytes, lent, expectedBytes, writer);
    }

    /** Fills a directory that is removed afterwards unless it was published. */
    private <T> T staged(long expectedBytes, Function<StagedDirectory, T> filling) {
        Path home = published.create();
        try (SaveSlot slot = SaveSlot.acquire(home);
                DiskRoom.Reservation _ = room.reserve(home, this::usedBytes, expectedBytes);
                StagedDirectory staged = StagedDirectory.begin(home, slot.name(), slot.lock(), supervisor)) {
            return filling.apply(staged);
        }
    }

    private long usedBytes() {
        return shared.bytes().get()
                + published.locked(() -> published.all().stream()
                        .mapToLong(name -> DirectorySize.bytes(published.directory(name)))
                        .sum());
    }

    private void requireNewer(CheckpointName name) {
        newest(name.sandbox())
                .filter(found -> found.generation() > name.generation())
                .ifPresent(found -> {
                    throw new NeuroVisorException(
                            Fault.INTERNAL, "%s is older than generation %d".formatted(name, found.generation()));
                });
    }

    private SandboxCheckpoint publish(StagedDirectory staged, CheckpointName name, Instant created) {
        published.setTime(staged.path(), created);
        return published.locked(() -> {
            List<CheckpointName> before = published.of(name.sandbox());
            try {
                Path _ = staged.publish(name.toString());
            } catch (NeuroVisorException failure) {
                if (!Files.exists(staged.path())) {
                    // It has its final name, but may not survive a crash of the host: the caller lets the sandbox go
                    // on.
                    PrivateFiles.delete(published.directory(name));
                }
                throw failure;
            }
            before.stream()
                    .filter(other -> other.isBefore(name))
                    .forEach(earlier -> removeQuietly(published.directory(earlier)));
            return new SandboxCheckpoint(name.sandbox(), name.generation(), created);
        });
    }

    private static void removeQuietly(Path directory) {
        try {
            PrivateFiles.delete(directory);
        } catch (NeuroVisorException failure) {
            LOG.warn("Earlier checkpoint {} stays until the next gc: {}", directory, failure.getMessage());
        }
    }

    @Override
    public Optional<SandboxCheckpoint> newest(SandboxId sandbox) {
        return published.locked(() -> published.of(sandbox).stream()
                .max(Comparator.comparingInt(CheckpointName::generation))
                .map(name -> new SandboxCheckpoint(sandbox, name.generation(), published.time(name))));
    }

    @Override
    public VmStart.Restore open(SandboxCheckpoint checkpoint, VmmIdentity vmm) {
        CheckpointName name = new CheckpointName(checkpoint.sandbox(), checkpoint.generation());
        CheckpointManifest manifest = ManifestJson.read(published.directory(name), name);
        manifest.requireVmm(vmm);
        manifest.template().requireUnchanged(checkpoint.sandbox(), digests);
        Path machine = machine(name);
        manifest.machineFiles().requireUnchanged(checkpoint.sandbox(), machine);
        return new VmStart.Restore(manifest.template().savedVm(), Optional.of(new Checkpoint(machine)));
    }

    private Path machine(CheckpointName name) {
        return published.directory(name).resolve(MACHINE);
    }

    @Override
    public Set<SandboxId> basedOn(SandboxId template, Map<SandboxId, VmStart.Restore> running) {
        return published.locked(() -> {
            List<Path> memories =
                    published.of(template).stream().map(this::machine).toList();
            Stream<SandboxId> saved = published.all().stream()
                    .filter(name -> !name.sandbox().equals(template))
                    .filter(name ->
                            memories.stream().anyMatch(memory -> LastingUses.names(published.directory(name), memory)))
                    .map(CheckpointName::sandbox);
            Stream<SandboxId> started = running.entrySet().stream()
                    .filter(entry -> memories.contains(
                            entry.getValue().saved().template().directory()))
                    .map(Map.Entry::getKey);
            return Stream.concat(saved, started).collect(Collectors.toUnmodifiableSet());
        });
    }

    @Override
    public void delete(SandboxId sandbox) {
        published.locked(() -> {
            published.of(sandbox).forEach(name -> PrivateFiles.delete(published.directory(name)));
            return true;
        });
    }

    @Override
    public Set<SandboxId> sandboxes() {
        return published.locked(published::all).stream()
                .filter(name -> !SnapshotFile.isIn(published.directory(name)))
                .map(CheckpointName::sandbox)
                .collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public List<Snapshot> snapshots() {
        return published.locked(() -> {
            List<CheckpointName> names = published.all();
            snapshots.keySet().retainAll(names);
            return names.stream()
                    .filter(name -> SnapshotFile.isIn(published.directory(name)))
                    .flatMap(name ->
                            snapshots
                                    .computeIfAbsent(name, _ -> SnapshotFile.read(name, published.directory(name)))
                                    .stream())
                    .toList();
        });
    }

    @Override
    public long bytes(SandboxId sandbox) {
        return published.locked(() -> published.of(sandbox).stream()
                .mapToLong(name -> DirectorySize.bytes(published.directory(name)))
                .sum());
    }

    @Override
    public void sweep(Set<SandboxId> kept) {
        List<UnusedPath> _ = sweep(kept, false);
    }

    /**
     * Sweeps as {@link #sweep(Set)} does and returns what was removed.
     *
     * @param dryRun whether to return only what would be removed
     */
    public List<UnusedPath> sweep(Set<SandboxId> kept, boolean dryRun) {
        if (!published.exists()) {
            return List.of();
        }
        List<UnusedPath> removed = new ArrayList<>(SaveSlot.sweep(published.create(), dryRun));
        return published.locked(() -> {
            List<CheckpointName> all = published.all();
            for (CheckpointName name : all) {
                if (all.stream().anyMatch(name::isBefore)) {
                    removed.add(remove(name, "of an earlier generation", dryRun));
                } else if (!kept.contains(name.sandbox()) && !SnapshotFile.isIn(published.directory(name))) {
                    removed.add(remove(name, "of a sandbox without a record", dryRun));
                }
            }
            return List.copyOf(removed);
        });
    }

    private UnusedPath remove(CheckpointName name, String reason, boolean dryRun) {
        Path directory = published.directory(name);
        UnusedPath unused = new UnusedPath(directory, reason, DirectorySize.bytes(directory));
        if (!dryRun) {
            PrivateFiles.delete(directory);
        }
        return unused;
    }
}
