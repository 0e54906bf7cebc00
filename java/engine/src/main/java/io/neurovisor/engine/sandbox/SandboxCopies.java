package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.sandbox.checkpoint.CopiedMemory;
import io.neurovisor.engine.sandbox.checkpoint.MachineSaving;
import io.neurovisor.engine.sandbox.report.ForkedSandbox;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.vm.VmStart;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes copies of sandboxes, outside the lock of the book. A caller that gives up does not end what it has begun.
 *
 * @param changed is run when the time of the next step may have changed
 */
record SandboxCopies(
        LockedBook book,
        MachineSaving saving,
        SandboxCreation creation,
        PausedSandboxes paused,
        RandomGenerator strongRandom,
        Executor executor,
        SandboxTasks tasks,
        Runnable changed) {
    private static final int MOST_COPIES = 32;

    private static final Logger LOG = LoggerFactory.getLogger(SandboxCopies.class);

    /**
     * A copy that is wanted.
     *
     * @param view the new sandbox; empty if it was refused
     * @param refusal why it was refused
     */
    private record Copy(Optional<LockedBook.View> view, Optional<NeuroVisorException> refusal) {}

    /**
     * Makes copies of a sandbox that runs or is paused.
     *
     * @param count 1 to 32
     * @param timeout of their lives
     * @param deadline the time until which the caller waits
     */
    List<ForkedSandbox> fork(SandboxId source, SandboxOwner owner, int count, Duration timeout, Deadline deadline) {
        SandboxSpec.checkTimeout(timeout, Duration.ofSeconds(1));
        if (count < 1 || count > MOST_COPIES) {
            throw NeuroVisorException.invalid(
                    "count", "%d copies are out of range; use 1 to %d".formatted(count, MOST_COPIES));
        }
        SandboxSpec spec =
                book.settled(source, book.longestWait()).record().spec().copy(source, timeout);
        // All find room before the source stands still.
        List<Copy> copies = Stream.generate(() -> SandboxId.random(strongRandom))
                .limit(count)
                .map(id -> admit(id, spec, owner))
                .toList();
        List<LockedBook.View> admitted =
                copies.stream().flatMap(copy -> copy.view().stream()).toList();
        if (admitted.isEmpty()) {
            throw copies.getFirst().refusal().orElseThrow();
        }
        CompletableFuture<Void> saved = new CompletableFuture<>();
        CompletableFuture<Void> _ = saved.whenComplete((_, reason) -> {
            if (reason != null) {
                admitted.forEach(view -> creation.failed(view, reason));
            }
        });
        begin(source, saving.lent(start -> make(admitted, spec, owner, start, saved)), saved);
        try {
            LivingSandbox.await(admitted.getFirst(), saved, deadline.remaining());
            return copies.stream().map(copy -> result(copy, owner, deadline)).toList();
        } finally {
            changed.run();
        }
    }

    private Copy admit(SandboxId id, SandboxSpec spec, SandboxOwner owner) {
        try {
            SandboxId _ = book.create(id, spec, owner);
            LockedBook.View view = book.require(id);
            return creation.record(view)
                    ? new Copy(Optional.of(view), Optional.empty())
                    : new Copy(Optional.empty(), Optional.of(SandboxFaults.ended(view(id).record())));
        } catch (NeuroVisorException refusal) {
            return new Copy(Optional.empty(), Optional.of(refusal));
        }
    }

    private LockedBook.View view(SandboxId id) {
        return book.find(id).orElseThrow();
    }

    /** Starts the machines of all copies at the same time, and returns when each runs or has failed. */
    private void make(
            List<LockedBook.View> copies,
            SandboxSpec spec,
            SandboxOwner owner,
            VmStart.Restore start,
            CompletableFuture<Void> saved) {
        boolean _ = saved.complete(null);
        VmStart.Restore common =
                new CopiedMemory(saving, paused.pool()).start(start, copies.size(), allReleased(copies));
        List<CompletableFuture<Void>> running = new ArrayList<>();
        for (LockedBook.View view : copies) {
            running.add(CompletableFuture.runAsync(
                    () -> creation.settle(view, () -> paused.copy(view.id(), spec, owner, common)), executor));
        }
        CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)).join();
        if (copies.stream()
                .anyMatch(view -> view.living().orElseThrow().settled().state() == Future.State.SUCCESS)) {
            SandboxId source = spec.forkedFrom().orElseThrow();
            creation.listener().forked(tasks.sandbox(view(source)));
        }
    }

    private static CompletableFuture<Void> allReleased(List<LockedBook.View> copies) {
        return CompletableFuture.allOf(copies.stream()
                .map(view -> view.living().orElseThrow().released())
                .toArray(CompletableFuture[]::new));
    }

    private ForkedSandbox result(Copy copy, SandboxOwner owner, Deadline deadline) {
        if (copy.view().isEmpty()) {
            return new ForkedSandbox(Optional.empty(), copy.refusal());
        }
        LockedBook.View view = copy.view().get();
        try {
            LivingSandbox.await(view, LivingSandbox::settled, deadline.remaining());
            return new ForkedSandbox(Optional.of(paused.sandbox(view(view.id()), owner)), Optional.empty());
        } catch (NeuroVisorException failure) {
            if (failure.fault() == Fault.INTERRUPTED) {
                throw failure;
            }
            return new ForkedSandbox(Optional.empty(), Optional.of(failure));
        }
    }

    /**
     * Saves a sandbox that runs or is paused, and returns when that is done.
     *
     * @param deadline the time until which the caller waits
     */
    void copy(SandboxId source, MachineSaving.Destination destination, Deadline deadline) {
        LockedBook.View view = book.require(source);
        CompletableFuture<Void> done = new CompletableFuture<>();
        begin(source, destination, done);
        LivingSandbox.await(view, done, deadline.remaining());
    }

    /**
     * Begins to save a sandbox if it runs, or to copy its checkpoint if it is paused.
     *
     * @param done completes at the end, if the destination has not completed it before
     */
    private void begin(SandboxId id, MachineSaving.Destination destination, CompletableFuture<Void> done) {
        try {
            Deadline wait = book.longestWait();
            LockedBook.View source = book.settled(id, wait);
            while (source.phase() != SandboxPhase.PAUSED) {
                LockedBook.Begun copy = book.copy(id);
                if (copy.begins()) {
                    executor.execute(() -> copyRunning(copy.view(), destination, done));
                    return;
                }
                source = book.settled(id, wait);
            }
            int generation = source.record().generation();
            executor.execute(() -> copyPaused(id, generation, destination, done));
        } catch (RuntimeException | Error failure) {
            boolean _ = done.completeExceptionally(failure);
        }
    }

    private void copyRunning(
            LockedBook.View source, MachineSaving.Destination destination, CompletableFuture<Void> done) {
        SandboxId id = source.id();
        Machine machine =
                source.living().flatMap(LivingSandbox::homeNow).orElseThrow().machine();
        AtomicBoolean goesOn = new AtomicBoolean();
        Optional<MachineSaving.Failure> failed = saving.copy(
                id,
                machine,
                tasks.longestSave(),
                () -> {
                    goesOn.set(true);
                    tasks.follow(
                            book.report(id, (all, nowNanos) -> all.notSaved(id, Optional.empty(), "", nowNanos)),
                            Optional.empty());
                    changed.run();
                },
                destination);
        tasks.report(machine);
        if (failed.isEmpty()) {
            boolean _ = done.complete(null);
            return;
        }
        NeuroVisorException reason = failed.get().reason();
        if (!goesOn.get()) {
            tasks.notSaved(id, machine, failed.get());
            changed.run();
        }
        if (!done.completeExceptionally(reason)) {
            LOG.warn("what sandbox {} was copied from was not removed: {}", id, reason.getMessage());
        }
    }

    private void copyPaused(
            SandboxId id, int generation, MachineSaving.Destination destination, CompletableFuture<Void> done) {
        try {
            saving.copy(id, generation, destination);
            boolean _ = done.complete(null);
        } catch (RuntimeException | Error failure) {
            boolean _ = done.completeExceptionally(failure);
        }
    }
}
