package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.sandbox.checkpoint.MachineSaving;
import io.neurovisor.engine.sandbox.report.ForkedSandbox;
import io.neurovisor.engine.sandbox.report.SandboxListener;
import io.neurovisor.engine.sandbox.report.SandboxRecords;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.SteadyClock;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.VmStart;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;

/**
 * The living sandboxes of a process. Safe for use by many threads.
 *
 * <ul>
 *   <li>A call for a sandbox of another owner fails as for one that never existed: {@code SANDBOX_UNKNOWN}. For 24 hours
 *       the message for its owner says how and when it ended.
 *   <li>A call for a sandbox that is being created, paused or resumed waits for at most 10 seconds, then fails with {@code
 *       SANDBOX_BUSY}. What it waits for goes on.
 *   <li>A machine is killed before the call that ends its sandbox returns. The death of a machine is found within seconds.
 * </ul>
 */
public final class Sandboxes implements AutoCloseable {
    private final LockedBook book;
    private final SandboxTasks tasks;
    private final SandboxTimer timer;
    private final SandboxCreation creation;
    private final PausedSandboxes paused;
    private final SandboxCopies copies;
    private final SandboxRecords records;
    private final RandomGenerator strongRandom;

    /**
     * The limits on the number of sandboxes.
     *
     * @param most the most that may have machines at the same time, or wait for one
     * @param mostPaused the most that may be paused; those that are paused with the daemon may exceed it
     */
    public record Limits(int most, int mostPaused) {}

    /** @param executor creates, examines, pauses, resumes and ends sandboxes */
    public Sandboxes(
            Limits limits,
            WarmPool pool,
            MachineSaving saving,
            SandboxRecords records,
            SandboxListener listener,
            Ticker ticker,
            InstantSource clock,
            RandomGenerator strongRandom,
            Executor executor) {
        this(limits, pool, saving, records, listener, ticker, clock, strongRandom, executor, new ReentrantLock());
    }

    Sandboxes(
            Limits limits,
            WarmPool pool,
            MachineSaving saving,
            SandboxRecords records,
            SandboxListener listener,
            Ticker ticker,
            InstantSource clock,
            RandomGenerator strongRandom,
            Executor executor,
            Lock lock) {
        // Setting the host's clock moves neither the ends of sandboxes nor the times that are shown for them.
        this.book = new LockedBook(limits, ticker, new SteadyClock(clock, ticker), lock);
        this.tasks = new SandboxTasks(book, records, listener, saving, ticker, executor);
        this.timer = new SandboxTimer(book, tasks);
        this.paused = new PausedSandboxes(book, pool, saving, listener, ticker, executor, tasks, timer::notice);
        this.creation = new SandboxCreation(book, pool, records, listener, executor, tasks, paused);
        this.copies = new SandboxCopies(book, saving, creation, paused, strongRandom, executor, tasks, timer::notice);
        this.records = records;
        this.strongRandom = strongRandom;
    }

    /** Remembers the sandboxes that have ended or are paused, and does what is due by their times from now on. */
    public void start() {
        book.remember(records.ended());
        book.remember(records.paused());
        timer.start();
    }

    /** Starts all that is due and returns the time until this is to be called again. */
    Duration settle() {
        return timer.settle();
    }

    /**
     * Creates a sandbox from a machine of the pool and returns it when it runs. Interrupting the thread does not end the
     * creation.
     *
     * <p>With an idempotency key, returns the sandbox of this owner that was created with the same key, unless it ended
     * more than 15 minutes ago.
     *
     * @param deadline the time until which the caller waits
     */
    public Sandbox create(SandboxSpec spec, SandboxOwner owner, Deadline deadline) {
        return create(spec, Optional.empty(), owner, deadline);
    }

    /** As the other one; a sandbox that begins as a copy of one that was saved has the start of that machine. */
    public Sandbox create(SandboxSpec spec, Optional<VmStart.Restore> saved, SandboxOwner owner, Deadline deadline) {
        SandboxId fresh = SandboxId.random(strongRandom);
        SandboxId id = book.create(fresh, spec, owner);
        LockedBook.View view = book.find(id).orElseThrow();
        if (id.equals(fresh)) {
            try {
                creation.start(view, spec, saved, owner, deadline);
                LivingSandbox.await(view, LivingSandbox::settled, SandboxBook.NEVER);
            } finally {
                // Also for a client that disconnects, because its sandbox is created and its time-out passes.
                timer.notice();
            }
        } else if (!view.hasEnded()) {
            LivingSandbox.await(view, LivingSandbox::settled, deadline.remaining());
        }
        return paused.sandbox(book.find(id).orElseThrow(), owner);
    }

    /**
     * Returns a sandbox that runs, for calls of its processes and files; throws if it has ended. One that is paused is resumed
     * for its owner if its specification says so, or if it was paused with its daemon; else this, and later calls of the
     * sandbox that it returns, throw {@code SANDBOX_PAUSED}.
     */
    public Sandbox require(SandboxId id, SandboxOwner owner) {
        LockedBook.View _ = tasks.own(id, owner.name());
        return paused.sandbox(paused.running(id, owner, Optional.empty()), owner);
    }

    /**
     * Returns a sandbox that runs and extends its life to at least this time from now. One that is paused is resumed: without
     * room for its machine it stays paused, with {@code SANDBOX_QUOTA} or a fault of the pool.
     */
    public Sandbox connect(SandboxId id, SandboxOwner owner, Duration timeout) {
        SandboxSpec.checkTimeout(timeout, Duration.ofSeconds(1));
        LockedBook.View _ = tasks.own(id, owner.name());
        LockedBook.View _ = paused.running(id, owner, Optional.of(timeout));
        book.change((all, nowNanos) -> {
            all.extend(id, timeout, nowNanos);
            return all;
        });
        LockedBook.View view = timer.timeoutSet(id);
        return paused.sandbox(view, owner);
    }

    /** As {@link #connect(SandboxId, SandboxOwner, Duration)}, but leaves the time-out as it is. */
    public Sandbox connect(SandboxId id, SandboxOwner owner) {
        LockedBook.View _ = tasks.own(id, owner.name());
        return paused.sandbox(paused.running(id, owner, Optional.of(Duration.ZERO)), owner);
    }

    /** Pauses a lost sandbox as it was saved last, if that is kept. Throws {@code SANDBOX_QUOTA} if no more may be paused. */
    public void goBack(SandboxId id, SandboxOwner owner) {
        LockedBook.View _ = tasks.own(id, owner.name());
        creation.goBack(id, owner);
        timer.notice();
    }

    /**
     * Saves a running sandbox and ends its machine; returns it paused, also if it was paused before. A sandbox that cannot be
     * saved runs on, and the reason is thrown: {@code GUEST_REFUSED} if a program does not stand still.
     */
    public Sandbox pause(SandboxId id, String owner) {
        LockedBook.View _ = tasks.own(id, owner);
        return tasks.sandbox(paused.pause(id, PauseReason.CLIENT, book.longestWait(), Optional.empty()));
    }

    /**
     * Makes copies of a sandbox: its programs go on in each of them, with names and randomness of its own. One that runs stands
     * still while it is saved, and runs on; one that is paused stays so. Throws if the sandbox cannot be saved, or has no room
     * for any copy. Interrupting the thread ends nothing.
     *
     * @param count 1 to 32
     * @param timeout of the lives of the copies
     * @param deadline the time until which the caller waits
     * @return what became of each copy
     */
    public List<ForkedSandbox> fork(SandboxId id, SandboxOwner owner, int count, Duration timeout, Deadline deadline) {
        LockedBook.View _ = tasks.own(id, owner.name());
        return copies.fork(id, owner, count, timeout, deadline);
    }

    /**
     * Saves a sandbox that runs or is paused elsewhere, and returns when that is done. One that runs stands still while its
     * memory is read, and runs on. Interrupting the thread ends nothing.
     *
     * @param deadline the time until which the caller waits
     */
    public void copy(SandboxId id, SandboxOwner owner, MachineSaving.Destination destination, Deadline deadline) {
        LockedBook.View _ = tasks.own(id, owner.name());
        copies.copy(id, destination, deadline);
    }

    /** Returns a sandbox of the owner, also after its end; empty if it is unknown. */
    public Optional<Sandbox> find(SandboxId id, String owner) {
        return book.find(id).filter(view -> view.record().owner().equals(owner)).map(tasks::sandbox);
    }

    /** Returns the sandboxes of an owner and those that ended in the last 24 hours, the newest first. */
    public List<Sandbox> list(String owner) {
        return book.list(all -> all.of(owner)).stream().map(tasks::sandbox).toList();
    }

    /** Returns the starts of the machines of an owner's sandboxes. */
    public Map<SandboxId, VmStart.Restore> running(String owner) {
        return book.starts(owner);
    }

    /** Returns the ids of the sandboxes of an owner that may have files on the disk. */
    public List<SandboxId> stored(String owner) {
        return book.read(all -> all.stored(owner).map(SandboxState::id).toList());
    }

    /** Returns the sandboxes of all owners that have not ended, the newest first. */
    public List<Sandbox> all() {
        return book.list(SandboxBook::living).stream().map(tasks::sandbox).toList();
    }

    /** Sets the rest of a sandbox's life, counted from now; after zero its time-out has passed. It is not resumed. */
    public Sandbox setTimeout(SandboxId id, String owner, Duration timeout) {
        SandboxSpec.checkTimeout(timeout, Duration.ZERO);
        LockedBook.View _ = tasks.own(id, owner);
        LockedBook.View view = book.settled(id, book.longestWait());
        if (timeout.isZero()) {
            return tasks.sandbox(paused.timeOut(view));
        }
        book.change((all, nowNanos) -> {
            all.setTimeout(id, timeout, nowNanos);
            return all;
        });
        return tasks.sandbox(timer.timeoutSet(id));
    }

    /**
     * Ends a sandbox; returns false if it had ended before or is unknown. One that is being created ends when it runs, and one
     * that is being paused or resumed when that is over; nothing of it is kept.
     */
    public boolean kill(SandboxId id, String owner, SandboxEnd end) {
        return book.find(id)
                .filter(view -> view.record().owner().equals(owner))
                .filter(view -> tasks.endAll(List.of(view), end) == 1)
                .isPresent();
    }

    /** Ends all sandboxes of an owner, also those that are being created; returns how many. */
    public int killAll(String owner, SandboxEnd end) {
        return tasks.endAll(book.list(all -> all.of(owner)), end);
    }

    /**
     * Rejects further creations and resumes, and with {@code STOPPING} those that wait for a machine. Sandboxes that become
     * ready end; those that run go on until {@link #close}.
     */
    public void refuse() {
        creation.refuse(SandboxEnd.SHUTDOWN);
    }

    /**
     * As {@link #refuse}, then pauses all sandboxes, two at a time. Those that are not paused by the deadline end as {@code
     * LOST}.
     *
     * @return the sandboxes that were lost
     */
    public List<SandboxRecord> pauseAll(Deadline deadline) {
        refuse();
        return paused.pauseAll(deadline);
    }

    /** Ends all sandboxes as {@code LOST}, when nothing runs their machines any longer; else as {@link #close}. */
    public void lose() {
        close(SandboxEnd.LOST);
    }

    /**
     * Rejects creations as {@link #refuse}, ends all sandboxes that are not paused and waits until their machines are killed.
     * One that is being paused or resumed is paused if it can be.
     */
    @Override
    public void close() {
        close(SandboxEnd.SHUTDOWN);
    }

    private void close(SandboxEnd end) {
        creation.refuse(end);
        List<LockedBook.View> _ = tasks.stopAll(end, _ -> "");
        timer.notice();
    }
}
