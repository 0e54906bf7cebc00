package io.neurovisor.engine.sandbox.checkpoint;

import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.VmmIdentity;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Keeps the checkpoints of sandboxes beyond the end of the process. Safe for use by many threads and processes; the calls that
 * change one sandbox follow each other. Files that cannot be read or written are {@code STORAGE_FAILED}.
 */
public interface CheckpointStore {
    /**
     * Saves a sandbox. The checkpoint appears complete, on the disk, or not at all; after that, those of earlier generations are
     * removed. If this fails, they are as before.
     *
     * <p>A failure after the writer has returned is one of the store, so the caller has to let the sandbox go on.
     *
     * @param expectedBytes the size of what the writer writes, as far as it is known
     * @param writer writes the files of the machine into a directory that it creates, as {@link
     *     io.neurovisor.engine.machine.Machine#save} does; called by this thread, at most once
     * @throws io.neurovisor.engine.fault.NeuroVisorException {@code DISK_SHORT}, before the writer is called, if there is no space;
     *     what the writer throws
     */
    SandboxCheckpoint save(CheckpointSource source, long expectedBytes, Consumer<Path> writer);

    /**
     * Saves a sandbox as {@link #save} does, to be kept without one. What is written for a template is a saved machine, too: {@link
     * #open} returns a start of that machine.
     *
     * @param source of the id of the snapshot
     */
    SandboxCheckpoint keep(Snapshot snapshot, CheckpointSource source, long expectedBytes, Consumer<Path> writer);

    /**
     * Saves a sandbox for as long as machines are started from it: nothing of that is flushed, listed, opened or kept.
     *
     * @param template the template of which the saved machine is a clone
     * @param writer as for {@link #save}
     * @param use is called with the start of such machines, by this thread; what it throws is thrown on
     */
    void lend(SavedVm template, long expectedBytes, Consumer<Path> writer, Consumer<VmStart.Restore> use);

    /**
     * Makes one memory of what {@link #lend} has lent and its template, for machines that share it. It is not kept beyond the end of
     * the process.
     *
     * @param lent is moved, so it cannot be used for machines of their own afterwards
     * @param expectedBytes its size with that of the lent files
     * @param writer writes the files of a machine into a directory that it creates, as {@link
     *     io.neurovisor.engine.vm.Flattening#flatten} does; called at most once, perhaps by another thread
     * @throws io.neurovisor.engine.fault.NeuroVisorException {@code DISK_SHORT} if there is no space, or too many exist; what the
     *     writer throws. Then nothing has changed
     */
    SharedMemory share(VmStart.Restore lent, long expectedBytes, Consumer<Path> writer);

    /** Returns the checkpoint of the last generation, without reading its files; empty if there is none. */
    Optional<SandboxCheckpoint> newest(SandboxId sandbox);

    /**
     * Checks a checkpoint and returns the start of a machine that continues there. The files must stay until it has started.
     *
     * @param vmm the VMM that is to start it
     * @throws io.neurovisor.engine.fault.NeuroVisorException {@code CHECKPOINT_DAMAGED} if files are missing or have changed;
     *     {@code CHECKPOINT_FOREIGN} if it is in another format, or needs another VMM or a template that has been removed
     */
    VmStart.Restore open(SandboxCheckpoint checkpoint, VmmIdentity vmm);

    /** Removes all checkpoints of a sandbox, or a snapshot; does nothing if there are none. */
    void delete(SandboxId sandbox);

    /**
     * Returns the sandboxes and snapshots that need the memory of a template.
     *
     * @param running the starts of machines, by their sandboxes, of which no checkpoint may exist
     */
    Set<SandboxId> basedOn(SandboxId template, Map<SandboxId, VmStart.Restore> running);

    /** Returns the sandboxes that have a checkpoint. */
    Set<SandboxId> sandboxes();

    /** Returns the snapshots that are complete. One whose description is damaged is logged and left out. */
    List<Snapshot> snapshots();

    /** Returns the size of all checkpoints of a sandbox, or of a snapshot; 0 if there are none. */
    long bytes(SandboxId sandbox);

    /** Returns the size of all checkpoints of all sandboxes, and of all snapshots. */
    default long allBytes() {
        return Stream.concat(sandboxes().stream(), snapshots().stream().map(Snapshot::id))
                .mapToLong(this::bytes)
                .sum();
    }

    /**
     * Removes what saves that did not end have left, the checkpoints of all other sandboxes, and those of earlier generations.
     * Snapshots stay. A save under way is not disturbed.
     *
     * @param kept the sandboxes that have a record
     */
    void sweep(Set<SandboxId> kept);
}
