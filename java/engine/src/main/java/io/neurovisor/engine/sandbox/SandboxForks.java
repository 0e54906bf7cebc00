package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.sandbox.checkpoint.MachineSaving;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.vm.VmStart;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes copies of sandboxes, outside the lock of the book. A caller that gives up does not end what it has begun.
 *
 * @param changed is run when the time of the next step may have changed
 */
record SandboxForks(
        LockedBook book,
        MachineSaving saving,
        SandboxCreation creation,
        PausedSandboxes paused,
        RandomGenerator strongRandom,
        Executor executor,
        SandboxTasks tasks,
        Runnable changed) {
    private static final int MOST_COPIES = 32;

    private static final Logger LOG = LoggerFactory.getLogger(SandboxForks.class);

    /**
     * A copy that is wanted.
     *
     * @param view the new sandbox; empty if it was refused
     * @param refusal why it was refused
     */
    private record Copy(Optional<LockedBook.View> view, Optional<NeuroVisorException> refusal) {}

    /**
     * Copies that are wanted of one sandbox.
     *
     * @param saved completes when their source is saved and goes on, or exceptionally with the reason why it was not saved
     */
    private record Fork(
            SandboxId source, SandboxSpec spec, SandboxOwner owner, List<Copy> copies, CompletableFuture<Void> saved) {
        List<LockedBook.View> made() {
            return copies.stream().flatMap(copy -> copy.view().stream()).toList();
        }
    }

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
        Fork fork = new Fork(source, spec, owner, copies, new CompletableFuture<>());
        try {
            if (fork.made().isEmpty()) {
                throw copies.getFirst().refusal().orElseThrow();
            }
            begin(fork);
        } catch (RuntimeException | Error failure) {
            fail(fork, failure);
            throw failure;
        }
        try {
            LockedBook.await(fork.made().getFirst(), _ -> fork.saved(), deadline.remaining());
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

    /** Begins to save the source if it runs, or to copy its checkpoint if it is paused. */
    private void begin(Fork fork) {
        Deadline wait = book.longestWait();
        LockedBook.View source = book.settled(fork.source(), wait);
        while (source.phase() != SandboxPhase.PAUSED) {
            LockedBook.Begun copy = book.copy(fork.source());
            if (copy.begins()) {
                executor.execute(() -> copyRunning(fork, copy.view()));
                return;
            }
            source = book.settled(fork.source(), wait);
        }
        int generation = source.record().generation();
        executor.execute(() -> copyPaused(fork, generation));
    }

    private void copyRunning(Fork fork, LockedBook.View source) {
        SandboxId id = fork.source();
        Machine machine =
                source.living().flatMap(LivingSandbox::homeNow).orElseThrow().machine();
        Optional<MachineSaving.Failure> failed =
                saving.lend(id, source.record().generation(), machine, tasks.longestSave(), start -> {
                    tasks.follow(book.report(id, (all, nowNanos) -> all.copied(id, nowNanos)), Optional.empty());
                    changed.run();
                    make(fork, start);
                });
        if (failed.isPresent() && fork.saved().isDone()) {
            LOG.warn(
                    "the files from which sandbox {} was copied were not removed: {}",
                    id,
                    failed.get().reason().getMessage());
        } else if (failed.isPresent()) {
            tasks.notSaved(id, machine, failed.get());
            changed.run();
            fail(fork, failed.get().reason());
        }
    }

    private void copyPaused(Fork fork, int generation) {
        try {
            saving.lend(fork.source(), generation, start -> make(fork, start));
        } catch (RuntimeException | Error failure) {
            fail(fork, failure);
        }
    }

    /** Starts the machines of all copies at the same time, and returns when each runs or has failed. */
    private void make(Fork fork, VmStart.Restore start) {
        boolean _ = fork.saved().complete(null);
        List<CompletableFuture<Void>> running = new ArrayList<>();
        for (LockedBook.View view : fork.made()) {
            running.add(CompletableFuture.runAsync(
                    () -> creation.settle(
                            view,
                            () -> paused.home(
                                    fork.spec().kind().copying(start, view.id().value()), fork.spec(), fork.owner())),
                    executor));
        }
        CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)).join();
    }

    private void fail(Fork fork, Throwable failure) {
        if (fork.saved().completeExceptionally(failure)) {
            fork.made().forEach(view -> creation.failed(view, failure));
        }
    }

    private ForkedSandbox result(Copy copy, SandboxOwner owner, Deadline deadline) {
        if (copy.view().isEmpty()) {
            return new ForkedSandbox(Optional.empty(), copy.refusal());
        }
        LockedBook.View view = copy.view().get();
        try {
            LockedBook.await(view, LivingSandbox::settled, deadline.remaining());
            return new ForkedSandbox(Optional.of(paused.sandbox(view(view.id()), owner)), Optional.empty());
        } catch (NeuroVisorException failure) {
            if (failure.fault() == Fault.INTERRUPTED) {
                throw failure;
            }
            return new ForkedSandbox(Optional.empty(), Optional.of(failure));
        }
    }
}
