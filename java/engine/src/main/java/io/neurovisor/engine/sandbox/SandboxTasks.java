package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.sandbox.LivingSandbox.Home;
import io.neurovisor.engine.sandbox.checkpoint.MachineSaving;
import io.neurovisor.engine.sandbox.report.SandboxListener;
import io.neurovisor.engine.sandbox.report.SandboxRecords;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The slow tasks of living sandboxes, which run outside the lock of the book: pausing and ending them, and what is due by their times. */
final class SandboxTasks {
    /** The time in which a sandbox has to be saved. */
    private static final Duration SAVING = Duration.ofMinutes(2);

    private static final Logger LOG = LoggerFactory.getLogger(SandboxTasks.class);

    private final LockedBook book;
    private final SandboxRecords records;
    private final SandboxListener listener;
    private final MachineSaving saving;
    private final Ticker ticker;
    private final Executor executor;
    private final SandboxHealth health;
    /** Records are written one after the other, so that the last one that is written is the latest. */
    private final Lock writing = new ReentrantLock();

    private record Ending(boolean isFirst, Optional<SandboxStep> step) {}

    SandboxTasks(
            LockedBook book,
            SandboxRecords records,
            SandboxListener listener,
            MachineSaving saving,
            Ticker ticker,
            Executor executor) {
        this.book = book;
        this.records = records;
        this.listener = listener;
        this.saving = saving;
        this.ticker = ticker;
        this.executor = executor;
        this.health = new SandboxHealth(book, ticker, executor, this::start);
    }

    /** Does a step. */
    void perform(SandboxStep step) {
        Optional<LockedBook.View> found =
                book.find(step.id()).filter(view -> view.living().isPresent());
        if (found.isEmpty()) {
            return;
        }
        LivingSandbox living = found.get().living().orElseThrow();
        Optional<Home> home = living.homeNow();
        switch (step) {
            case SandboxStep.End(SandboxId id, boolean saved) -> {
                // Its creation is reported before its end.
                home.ifPresent(_ -> {
                    boolean _ = living.settled()
                            .handle((_, failure) -> failure == null)
                            .join();
                });
                release(id, living, saved);
            }
            case SandboxStep.Discard(SandboxId id) -> discard(id, living);
            case SandboxStep.Abort _ ->
                home.ifPresent(machine -> machine.machine().kill());
            case SandboxStep.Save(SandboxId id) -> save(id, longestSave());
            case SandboxStep.Pause(SandboxId id) -> pause(id, living);
            case SandboxStep.SetClock(SandboxId _) ->
                home.ifPresent(machine -> health.setClock(found.get(), machine.machine()));
            case SandboxStep.ReadLayers _ ->
                home.ifPresent(machine -> health.readLayers(found.get(), machine.machine()));
        }
    }

    /** Kills the machine of a sandbox that has ended, removes its checkpoint, and reports its end. */
    void release(SandboxId id, LivingSandbox living, boolean saved) {
        try {
            living.homeNow().ifPresent(home -> home.lease().close());
        } finally {
            // Before its checkpoint is removed: the record of a paused sandbox promises a whole one.
            write(id);
            if (saved) {
                removeCheckpoint(id);
            }
            reportEnd(book.released(id).record());
            living.released().complete(null);
        }
    }

    /** Removes the checkpoint of a lost sandbox, unless it has gone back to it in another process. */
    private void discard(SandboxId id, LivingSandbox living) {
        try {
            if (inTurn(() -> records.giveUp(book.discarded(id).record()))) {
                removeCheckpoint(id);
            }
        } catch (NeuroVisorException failure) {
            LOG.warn("the checkpoint of sandbox {} stays until the next start: {}", id, failure.getMessage());
        } finally {
            living.released().complete(null);
        }
    }

    private void removeCheckpoint(SandboxId id) {
        try {
            saving.delete(id);
        } catch (NeuroVisorException failure) {
            LOG.warn("the checkpoint of sandbox {} was not removed: {}", id, failure.getMessage());
        }
    }

    /** Saves the machine of a sandbox that is being paused, and pauses it. If that fails, it runs on or has ended. */
    void save(SandboxId id, Deadline deadline) {
        LockedBook.View view = book.find(id).orElseThrow();
        Machine machine =
                view.living().flatMap(LivingSandbox::homeNow).orElseThrow().machine();
        Optional<MachineSaving.Failure> failed = saving.save(
                id,
                view.record().generation(),
                machine,
                deadline,
                book.read(all -> all.diskBytes(id)).map(most -> most - usedBytes(view)));
        report(machine);
        if (failed.isPresent()) {
            notSaved(id, machine, failed.get());
        } else {
            follow(book.report(id, (all, _) -> Optional.of(all.saved(id))), Optional.empty());
        }
    }

    /** Reports what was done to a machine. */
    void report(Machine machine) {
        listener.worked(machine.vmId(), machine.takeSteps());
    }

    /** Returns what the owner of a sandbox has on the disk, without the checkpoint that the next one replaces. */
    private long usedBytes(LockedBook.View view) {
        String owner = view.record().owner();
        return saving.bytes(
                book.read(all -> all.stored(owner).map(SandboxState::id).toList()).stream()
                        .filter(other -> !other.equals(view.id())),
                owner);
    }

    /** Reports that a sandbox was not saved. */
    void notSaved(SandboxId id, Machine machine, MachineSaving.Failure failure) {
        NeuroVisorException reason = failure.reason();
        LOG.warn("sandbox {} was not saved: {}", id, reason.getMessage());
        Optional<SandboxEnd> death = failure.goesOn() ? Optional.empty() : Optional.of(SandboxHealth.endOf(machine));
        String detail = failure.goesOn() ? String.valueOf(reason.getMessage()) : machine.diagnose(reason);
        follow(book.report(id, (all, nowNanos) -> all.notSaved(id, death, detail, nowNanos)), Optional.of(reason));
    }

    /** Does what follows from the end of a save, and answers the callers that wait for it. */
    void follow(LockedBook.Report report, Optional<NeuroVisorException> failure) {
        // It may have got more time.
        report.step().ifPresentOrElse(this::perform, () -> write(report.view().id()));
        report.answer(failure);
    }

    Deadline longestSave() {
        return Deadline.after(SAVING, ticker);
    }

    /** Records that a sandbox is paused, and kills its machine. */
    private void pause(SandboxId id, LivingSandbox living) {
        write(id);
        LockedBook.Report report;
        try {
            living.homeNow().ifPresent(home -> home.lease().close());
        } finally {
            report = book.report(id, (all, _) -> all.paused(id));
        }
        if (report.step().isPresent()) {
            perform(report.step().get());
        } else {
            listener.paused(sandbox(report.view()));
            living.released().complete(null);
        }
        report.answer(Optional.empty());
    }

    /** Ends a sandbox; returns false if that was decided before. The caller may wait for its release. */
    boolean end(SandboxId id, SandboxEnd end) {
        Ending ending = book.change((all, nowNanos) -> new Ending(all.isToGoOn(id), all.end(id, end, "", nowNanos)));
        ending.step().ifPresent(this::start);
        return ending.isFirst() || ending.step().isPresent();
    }

    /** Ends sandboxes at the same time and waits until nothing of them is left; returns how many had not ended. */
    int endAll(List<LockedBook.View> views, SandboxEnd end) {
        int ended = 0;
        for (LockedBook.View view : views) {
            ended += end(view.id(), end) ? 1 : 0;
        }
        book.awaitReleases(views.stream().map(LockedBook.View::id));
        return ended;
    }

    /**
     * Ends all sandboxes with their daemon, except those that are paused or will be, and waits until that is done.
     *
     * @param detail returns the reason for people
     * @return those that were not paused before
     */
    List<LockedBook.View> stopAll(SandboxEnd end, Function<SandboxId, String> detail) {
        List<LockedBook.View> left = book.list(SandboxBook::unfinished);
        for (LockedBook.View view : left) {
            SandboxId id = view.id();
            book.change((all, nowNanos) -> all.stop(id, end, detail.apply(id), nowNanos))
                    .ifPresent(this::start);
        }
        try {
            book.awaitReleases(left.stream().map(LockedBook.View::id));
        } catch (NeuroVisorException failure) {
            LOG.warn("not all sandboxes have ended: {}", failure.getMessage());
        }
        return left;
    }

    /** Does a step in another thread. */
    void start(SandboxStep step) {
        executor.execute(() -> perform(step));
    }

    /** Returns a sandbox of an owner, also after its end. */
    LockedBook.View own(SandboxId id, String owner) {
        return book.find(id)
                .filter(view -> view.record().owner().equals(owner))
                .orElseThrow(() -> SandboxFaults.unknown(id));
    }

    /** Records and reports a new time-out, and returns the sandbox. */
    LockedBook.View timeoutSet(SandboxId id) {
        write(id);
        LockedBook.View view = book.require(id);
        listener.timeoutSet(sandbox(view));
        return view;
    }

    /** Writes the record of a sandbox as it is now. A failure is logged: its row counts as lost at the next start. */
    void write(SandboxId id) {
        try {
            boolean _ = inTurn(() -> {
                book.find(id).ifPresent(view -> records.update(view.record()));
                return true;
            });
        } catch (NeuroVisorException failure) {
            LOG.warn("the record of sandbox {} was not written: {}", id, failure.getMessage());
        }
    }

    /** Reads the book and writes what follows while no other record is written. */
    boolean inTurn(BooleanSupplier change) {
        writing.lock();
        try {
            return change.getAsBoolean();
        } finally {
            writing.unlock();
        }
    }

    void reportEnd(SandboxRecord record) {
        listener.ended(record, record.end().orElse(SandboxEnd.LOST), record.endDetail());
    }

    SandboxHealth health() {
        return health;
    }

    /** Returns a sandbox whose calls fail while it is paused. */
    Sandbox sandbox(LockedBook.View view) {
        return sandbox(view, () -> book.running(view.id()));
    }

    /** @param running returns the sandbox when it runs, for calls of its processes and files */
    Sandbox sandbox(LockedBook.View view, Supplier<LockedBook.View> running) {
        Optional<Home> home = view.home();
        return new Sandbox(
                view.record(),
                view.phase(),
                home.map(living -> living.machine().layers()).orElse(List.of()),
                home.map(Home::diskBytes).orElse(0L),
                health.calls(running),
                deadline -> health.usage(view.id(), deadline));
    }
}
