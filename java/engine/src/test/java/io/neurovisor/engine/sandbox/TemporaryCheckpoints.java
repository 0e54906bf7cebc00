package io.neurovisor.engine.sandbox;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.checkpoint.CheckpointStore;
import io.neurovisor.engine.sandbox.checkpoint.CheckpointWriter;
import io.neurovisor.engine.vm.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Keeps checkpoints in a directory, where they appear by a rename. */
final class TemporaryCheckpoints implements CheckpointStore {
    private final Supplier<Path> home;
    private final Map<SandboxId, Checkpoint> kept = new HashMap<>();

    /** Is run before a machine is saved. */
    volatile Runnable before = () -> {};

    /** Is run after a machine was saved, before that is durable. */
    volatile Runnable after = () -> {};

    TemporaryCheckpoints(Supplier<Path> home) {
        this.home = home;
    }

    @Override
    public void save(SandboxId id, int generation, CheckpointWriter writer) {
        try {
            Path aside = Files.createDirectory(home.get().resolve("new-" + id));
            try {
                before.run();
                Checkpoint written = writer.write(aside);
                after.run();
                Path whole = Files.move(aside, home.get().resolve(id + "-" + generation));
                delete(id);
                put(id, new Checkpoint(whole.resolve(aside.relativize(written.directory()))));
            } finally {
                remove(aside);
            }
        } catch (IOException exception) {
            throw new NeuroVisorException(Fault.STORAGE_FAILED, "sandbox " + id + " was not saved", exception);
        }
    }

    private synchronized void put(SandboxId id, Checkpoint checkpoint) {
        kept.put(id, checkpoint);
    }

    @Override
    public synchronized Checkpoint open(SandboxId id) {
        Checkpoint checkpoint = kept.get(id);
        if (checkpoint == null || !Files.exists(checkpoint.directory())) {
            throw new NeuroVisorException(Fault.CHECKPOINT_DAMAGED, "the checkpoint of sandbox " + id + " is damaged");
        }
        return checkpoint;
    }

    @Override
    public synchronized void delete(SandboxId id) {
        Checkpoint checkpoint = kept.remove(id);
        if (checkpoint != null) {
            remove(requireNonNull(checkpoint.directory().getParent()));
        }
    }

    /** Removes the files of a checkpoint behind its back. */
    void damage(SandboxId id) {
        remove(open(id).directory());
    }

    /** Returns the names of the directories of whole checkpoints, and of those that are not. */
    List<String> names() {
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
