package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.pool.Lease;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.sandbox.LivingSandbox.Home;
import io.neurovisor.engine.sandbox.checkpoint.MachineSaving;
import io.neurovisor.engine.sandbox.report.SandboxListener;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.VmStart;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pauses and resumes sandboxes for their clients, outside the lock of the book. A caller that gives up does not end what it
 * has begun.
 *
 * @param changed is run when the time of the next step may have changed
 */
record PausedSandboxes(
        LockedBook book,
        WarmPool pool,
        MachineSaving saving,
        SandboxListener listener,
        Ticker ticker,
        Executor executor,
        SandboxTasks tasks,
        Runnable changed) {
    private static final Logger LOG = LoggerFactory.getLogger(PausedSandboxes.class);

    /** The time in which the guest of a restored machine has to give a sign of life. */
    private static final Duration FIRST_ANSWER = Duration.ofSeconds(10);

    /** Returns a sandbox whose calls resume it, if they may, for its owner. */
    Sandbox sandbox(LockedBook.View view, SandboxOwner owner) {
        return tasks.sandbox(view, () -> running(view.id(), owner, Optional.empty()));
    }

    /**
     * Pauses a sandbox, or joins a pause that is under way, and returns it paused. Waits if it is being created or resumed.
     *
     * @param wait the time until which the caller waits
     * @param save the time until which the sandbox has to be saved; empty for the usual one
     */
    LockedBook.View pause(SandboxId id, PauseReason reason, Deadline wait, Optional<Deadline> save) {
        LockedBook.View view = book.require(id);
        while (view.phase() != SandboxPhase.PAUSED) {
            switch (view.phase()) {
                case RUNNING -> {
                    // Its promise is in this view: the pause may have failed before the sandbox is looked at again.
                    LockedBook.Begun pause = book.pause(id, reason);
                    view = pause.view();
                    if (pause.begins()) {
                        executor.execute(() -> tasks.save(id, save.orElseGet(tasks::longestSave)));
                    }
                }
                case PAUSING -> {
                    CompletableFuture<Void> pause = view.save().orElseThrow();
                    LivingSandbox.await(view, pause, wait.remaining());
                    return book.require(id); // It may have been resumed by now.
                }
                case CREATING, COPYING, RESUMING -> view = book.passed(view, wait);
                case ENDED -> throw SandboxFaults.ended(view.record()); // Just before its pause would have begun.
                case PAUSED -> throw new IllegalStateException("sandbox " + id + " is paused");
            }
        }
        return view;
    }

    /** Pauses or ends a sandbox as its specification says for its time-out, and returns it. */
    LockedBook.View timeOut(LockedBook.View view) {
        if (view.record().spec().onTimeout() == SandboxSpec.OnTimeout.PAUSE) {
            return pause(view.id(), PauseReason.TIMED_OUT, book.longestWait(), Optional.empty());
        }
        int _ = tasks.endAll(List.of(view), SandboxEnd.TIMED_OUT);
        return book.find(view.id()).orElseThrow();
    }

    /**
     * Returns a sandbox that runs. One that is paused is resumed, if its specification says so or its daemon had paused it.
     *
     * @param extension resumes it in any case, with at least this time
     */
    LockedBook.View running(SandboxId id, SandboxOwner owner, Optional<Duration> extension) {
        Deadline wait = book.longestWait();
        LockedBook.View view = book.settled(id, wait);
        while (view.phase() == SandboxPhase.PAUSED) {
            if (extension.isEmpty() && !view.record().isResumedByCalls()) {
                throw SandboxFaults.paused(id);
            }
            if (wait.hasPassed()) {
                throw SandboxFaults.busy(id, view.phase());
            }
            LockedBook.Begun resume = book.resume(id, owner, extension);
            if (resume.begins()) {
                executor.execute(() -> resume(id, owner));
            }
            if (resume.view().phase() == SandboxPhase.RESUMING) {
                LivingSandbox.await(resume.view(), LivingSandbox::settled, wait.remaining());
            }
            view = book.settled(id, wait);
        }
        return view;
    }

    private void resume(SandboxId id, SandboxOwner owner) {
        LockedBook.View view = book.find(id).orElseThrow();
        LivingSandbox living = view.living().orElseThrow();
        Home home;
        try {
            home = home(view.record(), owner);
        } catch (NeuroVisorException failure) {
            notResumed(id, living, failure);
            return;
        } catch (RuntimeException | Error defect) {
            notResumed(
                    id,
                    living,
                    new NeuroVisorException(Fault.INTERNAL, "sandbox " + id + " was not resumed: " + defect, defect));
            return;
        }
        Optional<SandboxStep> step = book.change((all, nowNanos) -> {
            boolean _ = living.home().complete(home);
            return all.restored(id, home.machine().vmId(), nowNanos);
        });
        if (step.isPresent()) {
            living.settled()
                    .completeExceptionally(book.find(id)
                            .filter(LockedBook.View::hasEnded)
                            .map(ended -> SandboxFaults.ended(ended.record()))
                            .orElseGet(SandboxFaults::stopping));
            tasks.perform(step.get());
        } else {
            tasks.write(id);
            listener.resumed(tasks.sandbox(book.find(id).orElseThrow()));
            living.settled().complete(null);
            changed.run();
        }
    }

    private Home home(SandboxRecord record, SandboxOwner owner) {
        MachineKind kind = record.spec().kind().continuing(saving.open(record.id(), record.generation()));
        return home(kind, record.spec(), owner);
    }

    /** Starts the machine of a copy of a sandbox. */
    Home copy(SandboxId id, SandboxSpec spec, SandboxOwner owner, VmStart.Restore start) {
        return home(spec.kind().copying(start, id.value()), spec, owner);
    }

    private Home home(MachineKind kind, SandboxSpec spec, SandboxOwner owner) {
        Lease lease = pool.lease(kind, owner.claimant().forItsSandboxes(), Optional.empty());
        tasks.report(lease.machine());
        try {
            long diskBytes =
                    lease.machine().usage(Deadline.after(FIRST_ANSWER, ticker)).diskTotalBytes();
            return Home.of(lease, diskBytes, spec);
        } catch (RuntimeException | Error failure) {
            lease.close();
            throw failure;
        }
    }

    private void notResumed(SandboxId id, LivingSandbox living, NeuroVisorException failure) {
        LOG.warn("sandbox {} was not resumed: {}", id, failure.getMessage());
        if (failure.fault() == Fault.CHECKPOINT_DAMAGED) {
            // Its step follows from the report.
            Optional<SandboxStep> _ = book.change(
                    (all, nowNanos) -> all.end(id, SandboxEnd.LOST, String.valueOf(failure.getMessage()), nowNanos));
        }
        LockedBook.Report report = book.report(
                id,
                (all, nowNanos) ->
                        all.notRestored(id, hasDied(failure), String.valueOf(failure.getMessage()), nowNanos));
        boolean isExplained = !report.view().hasEnded() || failure.fault() == Fault.CHECKPOINT_DAMAGED;
        living.settled()
                .completeExceptionally(
                        isExplained
                                ? failure
                                : SandboxFaults.endedMeanwhile(report.view().record(), Optional.of(failure)));
        if (report.step().isPresent()) {
            tasks.perform(report.step().get());
        } else {
            living.released().complete(null);
        }
    }

    /** Returns whether the restored machine has died. One that was late may only have been slow. */
    private static boolean hasDied(NeuroVisorException failure) {
        return switch (failure.fault()) {
            case VMM_FAILED, SANDBOX_LOST, GUEST_EXCEEDED, GUEST_REFUSED -> true;
            default -> false;
        };
    }

    /** Pauses all sandboxes, two at a time. Those that are not paused by the deadline end as {@code LOST} and are returned. */
    List<SandboxRecord> pauseAll(Deadline deadline) {
        Map<SandboxId, String> failures = pauseUntil(deadline);
        List<LockedBook.View> missed = tasks.stopAll(
                SandboxEnd.LOST, id -> failures.getOrDefault(id, "it was not saved before its daemon ended"));
        List<SandboxRecord> lost = missed.stream()
                .flatMap(view -> book.find(view.id()).stream())
                .map(LockedBook.View::record)
                .filter(record -> record.end().equals(Optional.of(SandboxEnd.LOST)))
                .toList();
        lost.forEach(record -> LOG.warn("sandbox {} was not paused and is lost: {}", record.id(), record.endDetail()));
        return lost;
    }

    /** Returns the reasons of failures. */
    private Map<SandboxId, String> pauseUntil(Deadline deadline) {
        Queue<SandboxId> left = new ConcurrentLinkedQueue<>(
                book.list(SandboxBook::living).stream().map(LockedBook.View::id).toList());
        Map<SandboxId, String> failures = new ConcurrentHashMap<>();
        CompletableFuture<Void> first = CompletableFuture.runAsync(() -> pauseEach(left, failures, deadline), executor);
        CompletableFuture<Void> second =
                CompletableFuture.runAsync(() -> pauseEach(left, failures, deadline), executor);
        try {
            CompletableFuture.allOf(first, second).get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException exception) {
            LOG.warn("not all sandboxes were paused in time");
        } catch (ExecutionException exception) {
            LOG.error("pausing sandboxes failed", exception);
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
        return failures;
    }

    private void pauseEach(Queue<SandboxId> left, Map<SandboxId, String> failures, Deadline deadline) {
        for (SandboxId id = left.poll(); id != null && !deadline.hasPassed(); id = left.poll()) {
            try {
                LockedBook.View _ = pause(id, PauseReason.SHUTDOWN, deadline, Optional.of(deadline));
            } catch (NeuroVisorException failure) {
                failures.put(id, String.valueOf(failure.getMessage()));
            }
        }
    }
}
