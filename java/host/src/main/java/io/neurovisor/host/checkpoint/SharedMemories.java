package io.neurovisor.host.checkpoint;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.checkpoint.SharedMemory;
import io.neurovisor.engine.vm.Checkpoint;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.host.store.StagedDirectory;
import io.neurovisor.host.store.Supervisor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * The memories that copies of sandboxes share. Each is a directory beside the checkpoints, which is never published: its clones end
 * with this process, and their own checkpoints do not need it.
 *
 * @param bytes the size of all of them
 */
record SharedMemories(Supervisor supervisor, DiskRoom room, AtomicLong bytes) {
    private static final String MACHINE = "machine";
    private static final String CHANGES = "changes";

    SharedMemories(Supervisor supervisor, DiskRoom room) {
        this(supervisor, room, new AtomicLong());
    }

    /** As {@link io.neurovisor.engine.sandbox.checkpoint.CheckpointStore#share}. */
    SharedMemory share(
            Path home, LongSupplier usedBytes, VmStart.Restore lent, long expectedBytes, Consumer<Path> writer) {
        CompletableFuture<VmStart.Restore> made = new CompletableFuture<>();
        CompletableFuture<Void> unused = new CompletableFuture<>();
        CompletableFuture<Void> removed = new CompletableFuture<>();
        // The lock of the slot belongs to the thread that took it, and the machines that share the memory to many.
        Thread.ofVirtual().name("shared-memory").start(() -> {
            try (SaveSlot slot = slot(home);
                    StagedDirectory staged = StagedDirectory.begin(home, slot.name(), slot.lock(), supervisor)) {
                long size;
                try (DiskRoom.Reservation _ = room.reserve(home, usedBytes, expectedBytes)) {
                    VmStart.Restore start = make(staged.path(), lent, writer);
                    size = DirectorySize.bytes(staged.path());
                    long _ = bytes.addAndGet(size);
                    boolean _ = made.complete(start);
                }
                unused.join();
                long _ = bytes.addAndGet(-size);
            } catch (RuntimeException | Error failure) {
                boolean _ = made.completeExceptionally(failure);
                boolean _ = removed.completeExceptionally(failure);
            } finally {
                boolean _ = removed.complete(null);
            }
        });
        return new SharedMemory(result(made), () -> {
            boolean _ = unused.complete(null);
            Void _ = result(removed);
        });
    }

    private static SaveSlot slot(Path home) {
        return SaveSlot.tryAcquire(home)
                .orElseThrow(() -> new NeuroVisorException(
                        Fault.DISK_SHORT,
                        "the copies of %d sandboxes share memories, and no more may; kill some copies"
                                .formatted(SaveSlot.MOST_SHARED)));
    }

    private static VmStart.Restore make(Path directory, VmStart.Restore lent, Consumer<Path> writer) {
        Path machine = directory.resolve(MACHINE);
        writer.accept(machine);
        PrivateFiles.restrict(machine);
        // The list of changed pages is needed by the checkpoints of the clones. Moved last, so that a failure leaves it
        // in its place.
        Path changes = directory.resolve(CHANGES);
        move(lent.checkpoint().orElseThrow().directory(), changes);
        SavedVm template = lent.saved();
        VmStart.Restore origin = new VmStart.Restore(template, Optional.of(new Checkpoint(changes)));
        return new VmStart.Restore(
                new SavedVm(template.files(), template.size(), machine, Optional.of(origin)),
                Optional.of(new Checkpoint(machine)));
    }

    private static void move(Path from, Path to) {
        try {
            Path _ = Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failure) {
            throw StorageFaults.of("move", from, failure);
        }
    }

    private static <T> T result(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException failure) {
            if (failure.getCause() instanceof NeuroVisorException known) {
                throw known;
            }
            throw failure;
        }
    }
}
