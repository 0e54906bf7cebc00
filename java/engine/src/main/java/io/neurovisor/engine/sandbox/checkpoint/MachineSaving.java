package io.neurovisor.engine.sandbox.checkpoint;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.vm.Checkpoint;
import io.neurovisor.engine.vm.Flattening;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.VmmIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Saves the machines of sandboxes, and finds the checkpoints from which they and their copies are continued. A snapshot is a
 * checkpoint under an id of its own.
 *
 * @param vmm runs the machines
 * @param flattening makes the memory of templates, and that which copies share
 */
public record MachineSaving(CheckpointStore store, VmmIdentity vmm, Flattening flattening) {
    private static final Logger LOG = LoggerFactory.getLogger(MachineSaving.class);

    /** The spawner loads memory from no other directories. */
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    private static final int MEBIBYTE_BITS = 20;

    /** The generation of the checkpoint that a snapshot is. */
    private static final int SNAPSHOT = 1;

    /**
     * Why a machine was not saved.
     *
     * @param goesOn whether its sandbox runs as before
     */
    public record Failure(NeuroVisorException reason, boolean goesOn) {}

    /**
     * Saves a machine and leaves it stopped, to be killed.
     *
     * @param generation its number among the machines of the sandbox
     * @param mostBytes the space that its owner has left
     */
    public Optional<Failure> save(
            SandboxId id, int generation, Machine machine, Deadline deadline, Optional<Long> mostBytes) {
        if (!(machine.start() instanceof VmStart.Restore start)) {
            return Optional.of(new Failure(notAClone(id), true));
        }
        AtomicBoolean stopped = new AtomicBoolean();
        try {
            long expectedBytes = expectedBytes(machine, start);
            requireRoom(expectedBytes, mostBytes);
            SandboxCheckpoint _ = store.save(
                    new CheckpointSource(id, generation, start.saved().template(), vmm), expectedBytes, directory -> {
                        Checkpoint _ = machine.save(directory, deadline);
                        stopped.set(true);
                    });
            return Optional.empty();
        } catch (RuntimeException | Error failure) {
            return Optional.of(failure(id, machine, stopped.get(), failure));
        }
    }

    /** Where copies of machines go. */
    public interface Destination {
        /** As {@link CheckpointStore#save}, for a machine that was started in this way. */
        void store(VmStart.Restore start, long expectedBytes, Consumer<Path> writer);
    }

    /**
     * Returns a place that exists while other machines are started from it.
     *
     * @param copies starts the machines; throws nothing
     */
    public Destination lent(Consumer<VmStart.Restore> copies) {
        return (start, expectedBytes, writer) -> store.lend(start.saved().template(), expectedBytes, writer, copies);
    }

    /**
     * Returns the place of a snapshot.
     *
     * @param mostBytes the space that its owner has left
     */
    public Destination kept(Snapshot snapshot, Optional<Long> mostBytes) {
        return (start, expectedBytes, writer) -> {
            requireRoom(expectedBytes, mostBytes);
            SandboxCheckpoint _ = store.keep(
                    snapshot,
                    new CheckpointSource(snapshot.id(), SNAPSHOT, start.saved().template(), vmm),
                    expectedBytes,
                    writer);
        };
    }

    /**
     * Saves a machine elsewhere, and lets its sandbox go on as soon as its memory is read.
     *
     * @param goesOn is run when the sandbox goes on, which a later failure does not change
     */
    public Optional<Failure> copy(
            SandboxId id, Machine machine, Deadline deadline, Runnable goesOn, Destination destination) {
        if (!(machine.start() instanceof VmStart.Restore start)) {
            return Optional.of(new Failure(notAClone(id), true));
        }
        try {
            destination.store(start, expectedBytes(machine, start), directory -> {
                Checkpoint _ = machine.save(directory, deadline);
                machine.goOn();
                goesOn.run();
            });
            return Optional.empty();
        } catch (RuntimeException | Error failure) {
            return Optional.of(failure(id, machine, false, failure));
        }
    }

    /**
     * Makes a template of a snapshot.
     *
     * @param mostBytes the space that its owner has left
     */
    public void flatten(
            Snapshot template, VmStart.Restore snapshot, Optional<Long> mostBytes, Flattening.Progress progress) {
        kept(template, mostBytes)
                .store(
                        snapshot,
                        snapshot.saved().size().memoryBytes(),
                        directory -> flattening.flatten(snapshot, directory, progress));
    }

    /**
     * Makes one memory for the copies of a sandbox.
     *
     * @param lent the saved sandbox
     */
    SharedMemory share(VmStart.Restore lent, long changedBytes) {
        return store.share(
                lent,
                lent.saved().size().memoryBytes() + changedBytes,
                directory -> flattening.flatten(lent, directory, (_, _) -> {}));
    }

    /** Copies the checkpoint of a paused sandbox elsewhere. */
    public void copy(SandboxId id, int generation, Destination destination) {
        VmStart.Restore start = open(id, generation);
        Path checkpoint = start.checkpoint().orElseThrow().directory();
        destination.store(start, store.bytes(id), directory -> copy(id, checkpoint, directory));
    }

    private static void copy(SandboxId id, Path from, Path to) {
        try (Stream<Path> files = Files.list(from)) {
            Path _ = Files.createDirectory(to, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
            for (Path file : files.toList()) {
                // With their modes: a VMM with a uid of its own opens one of them.
                Path _ = Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
            }
        } catch (NoSuchFileException exception) {
            throw new NeuroVisorException(
                    Fault.SANDBOX_MOVED, "sandbox " + id + " was resumed or killed while it was copied", exception);
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.STORAGE_FAILED,
                    "the checkpoint of sandbox " + id + " cannot be copied: " + exception.getMessage(),
                    exception);
        }
    }

    private static Failure failure(SandboxId id, Machine machine, boolean stopped, Throwable failure) {
        NeuroVisorException reason = failure instanceof NeuroVisorException known
                ? known
                : new NeuroVisorException(Fault.INTERNAL, "sandbox " + id + " was not saved: " + failure, failure);
        return new Failure(reason, goesOn(id, machine, stopped, reason));
    }

    private static NeuroVisorException notAClone(SandboxId id) {
        return new NeuroVisorException(
                Fault.GUEST_REFUSED,
                "sandbox " + id
                        + " cannot be paused or copied, because its machine was booted; start the daemon with snapshots");
    }

    private static void requireRoom(long expectedBytes, Optional<Long> mostBytes) {
        if (expectedBytes > mostBytes.orElse(Long.MAX_VALUE)) {
            throw new NeuroVisorException(
                    Fault.DISK_SHORT,
                    "saving the sandbox takes up to %d MiB, and its key has %d MiB left for paused sandboxes and snapshots; kill or delete some"
                            .formatted(
                                    expectedBytes >> MEBIBYTE_BITS,
                                    Math.max(0, mostBytes.orElse(0L)) >> MEBIBYTE_BITS));
        }
    }

    /** Returns what the files of these sandboxes, and the snapshots of their owner, take on the disk. */
    public long bytes(Stream<SandboxId> sandboxes, String owner) {
        Stream<SandboxId> snapshots = store.snapshots().stream()
                .filter(snapshot -> snapshot.owner().equals(owner))
                .map(Snapshot::id);
        return Stream.concat(sandboxes, snapshots).mapToLong(store::bytes).sum();
    }

    /**
     * The pages that differ from the template are part of what only this machine uses, or of what it shares with other copies, and
     * of the guest's memory.
     */
    private static long expectedBytes(Machine machine, VmStart.Restore start) {
        long sharedBytes = start.saved().flattened().map(MachineSaving::bytes).orElse(0L);
        return Math.min(
                machine.residentBytes() + sharedBytes, start.saved().size().memoryBytes());
    }

    /** Returns the size of the files of a checkpoint. */
    static long bytes(Checkpoint checkpoint) {
        try (Stream<Path> files = Files.list(checkpoint.directory())) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.STORAGE_FAILED,
                    "checkpoint %s cannot be read: %s".formatted(checkpoint.directory(), exception.getMessage()),
                    exception);
        }
    }

    /** Returns whether the sandbox goes on: what it was saved for may have failed after it was stopped. */
    private static boolean goesOn(SandboxId id, Machine machine, boolean stopped, NeuroVisorException reason) {
        if (!stopped) {
            return reason.fault() != Fault.SANDBOX_LOST;
        }
        try {
            machine.goOn();
            return true;
        } catch (NeuroVisorException lost) {
            LOG.warn("sandbox {} was not saved and does not go on: {}", id, lost.getMessage());
            return false;
        }
    }

    /**
     * Returns the start of the machine that continues a sandbox.
     *
     * @param generation the number of the machine that was saved; the sandbox never goes back to an earlier one
     * @throws NeuroVisorException {@code CHECKPOINT_DAMAGED} if the checkpoint is missing or has changed, {@code CHECKPOINT_FOREIGN}
     *     if it cannot be used here
     */
    public VmStart.Restore open(SandboxId id, int generation) {
        SandboxCheckpoint checkpoint = store.newest(id)
                .filter(found -> found.generation() == generation)
                .orElseThrow(() ->
                        new NeuroVisorException(Fault.CHECKPOINT_DAMAGED, "the checkpoint of " + id + " is missing"));
        return store.open(checkpoint, vmm);
    }

    /** Returns the start of a machine that begins as a snapshot; throws as the other one does. */
    public VmStart.Restore open(Snapshot snapshot) {
        try {
            return open(snapshot.id(), SNAPSHOT);
        } catch (NeuroVisorException failure) {
            throw new NeuroVisorException(
                    failure.fault(), "snapshot " + snapshot.id() + " cannot be used: " + failure.getMessage(), failure);
        }
    }

    /** Removes the checkpoints of a sandbox that has ended, if there are any. */
    public void delete(SandboxId id) {
        store.delete(id);
    }
}
