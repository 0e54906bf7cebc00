package io.neurovisor.testkit.checkpoint;

import static java.util.Objects.requireNonNull;

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
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Keeps checkpoints in a directory, where they appear by a rename. */
public final class TemporaryCheckpoints implements CheckpointStore {
    private static final String FILES = "machine";

    private final Supplier<Path> home;
    private final Map<SandboxId, Kept> kept = new HashMap<>();
    private final Map<SandboxId, Snapshot> snapshots = new HashMap<>();

    private record Kept(SandboxCheckpoint checkpoint, CheckpointSource source) {}

    /** Is run before a machine is saved. */
    public volatile Runnable before = () -> {};

    /** Is run after a machine was saved, before that is durable. */
    public volatile Runnable after = () -> {};

    public TemporaryCheckpoints(Supplier<Path> home) {
        this.home = home;
    }

    @Override
    public SandboxCheckpoint save(CheckpointSource source, long expectedBytes, Consumer<Path> writer) {
        SandboxId id = source.sandbox();
        try {
            Path aside = Files.createDirectory(home.get().resolve("new-" + id));
            try {
                before.run();
                writer.accept(aside.resolve(FILES));
                after.run();
                Path _ = Files.move(aside, home.get().resolve(id + "-" + source.generation()));
                delete(id);
                SandboxCheckpoint saved = new SandboxCheckpoint(id, source.generation(), Instant.EPOCH);
                put(new Kept(saved, source));
                return saved;
            } finally {
                remove(aside);
            }
        } catch (IOException exception) {
            throw new NeuroVisorException(Fault.STORAGE_FAILED, "sandbox " + id + " was not saved", exception);
        }
    }

    @Override
    public SandboxCheckpoint keep(
            Snapshot snapshot, CheckpointSource source, long expectedBytes, Consumer<Path> writer) {
        SandboxCheckpoint saved = save(source, expectedBytes, writer);
        if (snapshot.isTemplate()) {
            SavedVm base = source.template();
            SavedVm own = new SavedVm(base.files(), base.size(), files(saved));
            put(new Kept(saved, new CheckpointSource(snapshot.id(), source.generation(), own, source.vmm())));
        }
        synchronized (this) {
            snapshots.put(snapshot.id(), snapshot);
        }
        return saved;
    }

    @Override
    public void lend(SavedVm template, long expectedBytes, Consumer<Path> writer, Consumer<VmStart.Restore> use) {
        try {
            Path aside = Files.createTempDirectory(home.get(), "lent-");
            try {
                before.run();
                writer.accept(aside.resolve(FILES));
                after.run();
                use.accept(new VmStart.Restore(template, Optional.of(new Checkpoint(aside.resolve(FILES)))));
            } finally {
                remove(aside);
            }
        } catch (IOException exception) {
            throw new NeuroVisorException(Fault.STORAGE_FAILED, "a sandbox was not saved", exception);
        }
    }

    @Override
    public SharedMemory share(VmStart.Restore lent, long expectedBytes, Consumer<Path> writer) {
        try {
            Path shared = Files.createTempDirectory(home.get(), "shared-");
            try {
                writer.accept(shared.resolve(FILES));
                Path changes = Files.move(lent.checkpoint().orElseThrow().directory(), shared.resolve("changes"));
                VmStart.Restore origin = new VmStart.Restore(lent.saved(), Optional.of(new Checkpoint(changes)));
                SavedVm machine = new SavedVm(
                        lent.saved().files(), lent.saved().size(), shared.resolve(FILES), Optional.of(origin));
                return new SharedMemory(
                        new VmStart.Restore(machine, Optional.of(new Checkpoint(machine.directory()))),
                        () -> remove(shared));
            } catch (IOException | RuntimeException failure) {
                remove(shared);
                throw failure;
            }
        } catch (IOException exception) {
            throw new NeuroVisorException(Fault.STORAGE_FAILED, "a memory is not shared", exception);
        }
    }

    private synchronized void put(Kept checkpoint) {
        kept.put(checkpoint.source().sandbox(), checkpoint);
    }

    @Override
    public synchronized Optional<SandboxCheckpoint> newest(SandboxId id) {
        return Optional.ofNullable(kept.get(id)).map(Kept::checkpoint);
    }

    @Override
    public synchronized VmStart.Restore open(SandboxCheckpoint checkpoint, VmmIdentity vmm) {
        Kept found = kept.get(checkpoint.sandbox());
        if (found == null || !found.checkpoint().equals(checkpoint) || !Files.exists(files(checkpoint))) {
            throw new NeuroVisorException(
                    Fault.CHECKPOINT_DAMAGED, "the checkpoint of sandbox " + checkpoint.sandbox() + " is damaged");
        }
        return new VmStart.Restore(found.source().template(), Optional.of(new Checkpoint(files(checkpoint))));
    }

    @Override
    public synchronized Set<SandboxId> basedOn(SandboxId template, Map<SandboxId, VmStart.Restore> running) {
        Path memory = files(requireNonNull(kept.get(template), "it exists").checkpoint());
        Stream<SandboxId> saved = kept.values().stream()
                .map(Kept::source)
                .filter(source -> !source.sandbox().equals(template)
                        && source.template().directory().equals(memory))
                .map(CheckpointSource::sandbox);
        Stream<SandboxId> started = running.entrySet().stream()
                .filter(entry -> entry.getValue().saved().template().directory().equals(memory))
                .map(Map.Entry::getKey);
        return Stream.concat(saved, started).collect(Collectors.toUnmodifiableSet());
    }

    private Path files(SandboxCheckpoint checkpoint) {
        return directory(checkpoint).resolve(FILES);
    }

    private Path directory(SandboxCheckpoint checkpoint) {
        return home.get().resolve(checkpoint.sandbox() + "-" + checkpoint.generation());
    }

    @Override
    public synchronized void delete(SandboxId id) {
        Kept checkpoint = kept.remove(id);
        snapshots.remove(id);
        if (checkpoint != null) {
            remove(directory(checkpoint.checkpoint()));
        }
    }

    @Override
    public synchronized Set<SandboxId> sandboxes() {
        return kept.keySet().stream().filter(id -> !snapshots.containsKey(id)).collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public synchronized List<Snapshot> snapshots() {
        return List.copyOf(snapshots.values());
    }

    @Override
    public synchronized long bytes(SandboxId id) {
        return kept.containsKey(id) ? 1 : 0;
    }

    @Override
    public synchronized void sweep(Set<SandboxId> recorded) {
        sandboxes().stream().filter(id -> !recorded.contains(id)).forEach(this::delete);
    }

    /** Removes the files of a checkpoint behind its back. */
    public void damage(SandboxId id) {
        remove(files(newest(id).orElseThrow()));
    }

    /** Returns the names of the directories of whole checkpoints, and of those that are not. */
    public List<String> names() {
        try (Stream<Path> files = Files.list(home.get())) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private static void remove(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory.toAbsolutePath().normalize())) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}
