package io.neurovisor.engine.sandbox.checkpoint;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.vm.Checkpoint;
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
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Saves the machines of sandboxes, and finds the checkpoints from which they and their copies are continued. Snapshots are
 * checkpoints under ids of their own.
 *
 * @param vmm runs the machines
 */
public record MachineSaving(CheckpointStore store, VmmIdentity vmm) {
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
     */
    public Optional<Failure> save(SandboxId id, int generation, Machine machine, Deadline deadline) {
        if (!(machine.start() instanceof VmStart.Restore start)) {
            return Optional.of(new Failure(notAClone(id), true));
        }
        AtomicBoolean stopped = new AtomicBoolean();
        try {
            SandboxCheckpoint _ = store.save(
                    new CheckpointSource(id, generation, start.saved(), vmm),
                    expectedBytes(machine, start),
                    directory -> {
                        Checkpoint _ = machine.save(directory, deadline);
                        stopped.set(true);
                    });
            return Optional.empty();
        } catch (RuntimeException | Error failure) {
            return Optional.of(failure(id, machine, stopped.get(), failure));
        }
    }

    /**
     * Saves a machine, lets its sandbox go on, and has other machines started from what was saved, which is removed after that.
     *
     * @param goesOn is run when the sandbox goes on
     * @param copies starts the machines; throws nothing
     */
    public Optional<Failure> lend(
            SandboxId id,
            int generation,
            Machine machine,
            Deadline deadline,
            Runnable goesOn,
            Consumer<VmStart.Restore> copies) {
        return saveAndGoOn(
                id,
                machine,
                deadline,
                goesOn,
                (start, writer) -> store.lend(
                        new CheckpointSource(id, generation, start.saved(), vmm),
                        expectedBytes(machine, start),
                        writer,
                        copies));
    }

    /** As the other one, from a copy of the checkpoint of a paused sandbox, because that may be resumed meanwhile. */
    public void lend(SandboxId id, int generation, Consumer<VmStart.Restore> copies) {
        VmStart.Restore start = open(id, generation);
        store.lend(
                new CheckpointSource(id, generation, start.saved(), vmm), store.bytes(id), copying(id, start), copies);
    }

    /**
     * Saves a machine as a snapshot, and lets its sandbox go on.
     *
     * @param goesOn is run when the sandbox goes on; the snapshot is complete when this returns
     */
    public Optional<Failure> keep(
            SandboxId snapshot, SandboxId id, Machine machine, Deadline deadline, Runnable goesOn) {
        return saveAndGoOn(id, machine, deadline, goesOn, (start, writer) -> {
            SandboxCheckpoint _ = store.save(
                    new CheckpointSource(snapshot, SNAPSHOT, start.saved(), vmm),
                    expectedBytes(machine, start),
                    writer);
        });
    }

    /** As the other one, of a paused sandbox. */
    public void keep(SandboxId snapshot, SandboxId id, int generation) {
        VmStart.Restore start = open(id, generation);
        SandboxCheckpoint _ = store.save(
                new CheckpointSource(snapshot, SNAPSHOT, start.saved(), vmm), store.bytes(id), copying(id, start));
    }

    /** Returns the start of a machine that begins as a snapshot; throws as {@link #open} does. */
    public VmStart.Restore snapshot(SandboxId snapshot) {
        return open(snapshot, SNAPSHOT);
    }

    /** Returns the size of the checkpoints of a sandbox or snapshot; 0 if there are none. */
    public long bytes(SandboxId id) {
        return store.bytes(id);
    }

    private static Optional<Failure> saveAndGoOn(
            SandboxId id,
            Machine machine,
            Deadline deadline,
            Runnable goesOn,
            BiConsumer<VmStart.Restore, Consumer<Path>> storing) {
        if (!(machine.start() instanceof VmStart.Restore start)) {
            return Optional.of(new Failure(notAClone(id), true));
        }
        try {
            storing.accept(start, directory -> {
                Checkpoint _ = machine.save(directory, deadline);
                // What the store does next takes time, in which the sandbox need not stand still.
                machine.goOn();
                goesOn.run();
            });
            return Optional.empty();
        } catch (RuntimeException | Error failure) {
            return Optional.of(failure(id, machine, false, failure));
        }
    }

    private static Consumer<Path> copying(SandboxId id, VmStart.Restore start) {
        return directory -> copy(id, start.checkpoint().orElseThrow().directory(), directory);
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

    /** The pages that differ from the template are part of what only this machine uses, and of the guest's memory. */
    private static long expectedBytes(Machine machine, VmStart.Restore start) {
        return Math.min(machine.residentBytes(), (long) start.saved().size().memoryMebibytes() << MEBIBYTE_BITS);
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
                .orElseThrow(() -> new NeuroVisorException(
                        Fault.CHECKPOINT_DAMAGED, "the checkpoint of sandbox " + id + " is missing"));
        return store.open(checkpoint, vmm);
    }

    /** Removes the checkpoints of a sandbox that has ended, if there are any. */
    public void delete(SandboxId id) {
        store.delete(id);
    }
}
