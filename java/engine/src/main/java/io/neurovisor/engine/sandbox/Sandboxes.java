package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.SteadyClock;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The living sandboxes of a process. Safe for use by many threads.
 *
 * <ul>
 *   <li>A call for a sandbox of another owner fails as for one that never existed: {@code SANDBOX_UNKNOWN}. For 24 hours
 *       the message for its owner says how and when it ended.
 *   <li>A call for a sandbox that is being created waits for at most 10 seconds, then fails with {@code SANDBOX_BUSY}.
 *   <li>A machine is killed before the call that ends its sandbox returns. The death of a machine is found within seconds.
 * </ul>
 */
public final class Sandboxes implements AutoCloseable {
    /** The interval at which machines are checked for their death. */
    static final Duration LOOK_INTERVAL = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(Sandboxes.class);

    private final LockedBook book;
    private final SandboxTasks tasks;
    private final SandboxCreation creation;
    private final SandboxRecords records;
    private final SandboxListener listener;
    private final RandomGenerator strongRandom;
    /** Has a permit when the time of the next step may have changed. */
    private final Semaphore changed = new Semaphore(0);

    /** @param most the most sandboxes that may exist at the same time */
    public Sandboxes(
            int most,
            WarmPool pool,
            SandboxRecords records,
            SandboxListener listener,
            Ticker ticker,
            InstantSource clock,
            RandomGenerator strongRandom) {
        this(
                most,
                pool,
                records,
                listener,
                ticker,
                clock,
                strongRandom,
                Executors.newThreadPerTaskExecutor(
                        Thread.ofVirtual().name("sandbox-", 1).factory()),
                new ReentrantLock());
    }

    /** @param executor creates, examines and ends sandboxes */
    Sandboxes(
            int most,
            WarmPool pool,
            SandboxRecords records,
            SandboxListener listener,
            Ticker ticker,
            InstantSource clock,
            RandomGenerator strongRandom,
            Executor executor,
            Lock lock) {
        // Setting the host's clock moves neither the ends of sandboxes nor the times that are shown for them.
        this.book = new LockedBook(most, ticker, new SteadyClock(clock, ticker), lock);
        this.tasks = new SandboxTasks(book, records, listener, ticker, executor);
        this.creation = new SandboxCreation(book, pool, records, listener, executor, tasks);
        this.records = records;
        this.listener = listener;
        this.strongRandom = strongRandom;
    }

    /** Remembers the sandboxes that have ended before, and ends those whose time has passed from now on. */
    public void start() {
        book.remember(records.ended());
        Thread _ = Thread.ofPlatform().daemon().name("sandboxes").start(this::watch);
    }

    private void watch() {
        try {
            while (!book.read(SandboxBook::isOver)) {
                boolean _ = changed.tryAcquire(settled().toNanos(), TimeUnit.NANOSECONDS);
                int _ = changed.drainPermits();
            }
        } catch (InterruptedException exception) {
            LOG.error("the watch over sandboxes was interrupted; time-outs are not enforced any longer", exception);
        }
    }

    /** As {@link #settle}; a defect must not end the watch. */
    private Duration settled() {
        try {
            return settle();
        } catch (RuntimeException defect) {
            LOG.error("what is due for sandboxes failed and is tried again", defect);
            return LOOK_INTERVAL;
        }
    }

    /** Starts all that is due and returns the time until this is to be called again. */
    Duration settle() {
        tasks.findDead();
        for (Optional<SandboxStep> step = book.change(SandboxBook::next);
                step.isPresent();
                step = book.change(SandboxBook::next)) {
            tasks.start(step.get());
        }
        Duration next = book.change(SandboxBook::untilNext);
        boolean lives = !book.list(SandboxBook::living).isEmpty();
        return lives && next.compareTo(LOOK_INTERVAL) > 0 ? LOOK_INTERVAL : next;
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
        SandboxId fresh = SandboxId.random(strongRandom);
        SandboxId id = book.create(fresh, spec, owner);
        LockedBook.View view = view(id);
        if (id.equals(fresh)) {
            try {
                creation.start(view, spec, owner, deadline);
                LockedBook.await(view, LivingSandbox::settled, SandboxBook.NEVER);
            } finally {
                // Also for a client that disconnects, because its sandbox is created and its time-out passes.
                changed.release();
            }
        } else if (!view.hasEnded()) {
            LockedBook.await(view, LivingSandbox::settled, deadline.remaining());
        }
        return tasks.sandbox(view(id));
    }

    /** Returns a sandbox, which it waits for if it is being created; throws if it has ended. */
    public Sandbox require(SandboxId id, String owner) {
        LockedBook.View _ = own(id, owner);
        return tasks.sandbox(book.running(id));
    }

    /** Returns a sandbox of the owner, also after its end; empty if it is unknown. */
    public Optional<Sandbox> find(SandboxId id, String owner) {
        return book.find(id).filter(view -> view.record().owner().equals(owner)).map(tasks::sandbox);
    }

    /** Returns the sandboxes of an owner and those that ended in the last 24 hours, the newest first. */
    public List<Sandbox> list(String owner) {
        return book.list(all -> all.of(owner)).stream().map(tasks::sandbox).toList();
    }

    /** Returns the sandboxes of all owners that have not ended, the newest first. */
    public List<Sandbox> all() {
        return book.list(SandboxBook::living).stream().map(tasks::sandbox).toList();
    }

    /** Waits until the sandbox runs and extends its life to at least this time from now. */
    public Sandbox extend(SandboxId id, String owner, Duration timeout) {
        SandboxSpec.checkTimeout(timeout, Duration.ofSeconds(1));
        Sandbox _ = require(id, owner);
        book.change((all, nowNanos) -> {
            all.extend(id, timeout, nowNanos);
            return all;
        });
        return timed(id);
    }

    /** Sets the rest of a sandbox's life, counted from now; zero ends it. */
    public Sandbox setTimeout(SandboxId id, String owner, Duration timeout) {
        SandboxSpec.checkTimeout(timeout, Duration.ZERO);
        Sandbox _ = require(id, owner);
        if (timeout.isZero()) {
            boolean _ = kill(id, owner, SandboxEnd.TIMED_OUT);
            return tasks.sandbox(view(id));
        }
        Optional<SandboxStep> _ = book.change((all, nowNanos) -> all.setTimeout(id, timeout, nowNanos));
        return timed(id);
    }

    private Sandbox timed(SandboxId id) {
        changed.release();
        tasks.write(id);
        Sandbox sandbox = tasks.sandbox(book.running(id));
        listener.timeoutSet(sandbox);
        return sandbox;
    }

    /** Ends a sandbox; returns false if it had ended before or is unknown. One that is being created ends when it runs. */
    public boolean kill(SandboxId id, String owner, SandboxEnd end) {
        return book.find(id)
                .filter(view -> view.record().owner().equals(owner))
                .filter(view -> end(List.of(view), end) == 1)
                .isPresent();
    }

    /** Ends all sandboxes of an owner, also those that are being created; returns how many. */
    public int killAll(String owner, SandboxEnd end) {
        return end(book.list(all -> all.of(owner)), end);
    }

    /** Ends sandboxes at the same time and waits until their machines are killed; returns how many had not ended. */
    private int end(List<LockedBook.View> views, SandboxEnd end) {
        int ended = 0;
        for (LockedBook.View view : views) {
            ended += tasks.end(view.record().id(), end) ? 1 : 0;
        }
        book.awaitReleases(views);
        return ended;
    }

    /**
     * Rejects further creations, and with {@code STOPPING} those that wait for a machine. Sandboxes that become ready end;
     * those that run go on until {@link #close}.
     */
    public void refuse() {
        refuse(SandboxEnd.SHUTDOWN);
    }

    /** Ends all sandboxes as {@code LOST}, when nothing runs their machines any longer; else as {@link #close}. */
    public void lose() {
        close(SandboxEnd.LOST);
    }

    /** Rejects creations as {@link #refuse}, ends all sandboxes and waits until their machines are killed. */
    @Override
    public void close() {
        close(SandboxEnd.SHUTDOWN);
    }

    private void close(SandboxEnd end) {
        refuse(end);
        try {
            int _ = end(book.list(SandboxBook::holding), end);
        } catch (NeuroVisorException failure) {
            LOG.warn("not all sandboxes have ended: {}", failure.getMessage());
        }
        changed.release();
    }

    private void refuse(SandboxEnd end) {
        List<LockedBook.View> creating = book.list(all -> {
            all.stop();
            return all.living().filter(state -> state.phase() == SandboxPhase.CREATING);
        });
        creating.forEach(view -> tasks.end(view.record().id(), end));
        creation.pool().refuseSandboxes();
    }

    private LockedBook.View own(SandboxId id, String owner) {
        return book.find(id)
                .filter(view -> view.record().owner().equals(owner))
                .orElseThrow(() -> SandboxFaults.unknown(id));
    }

    private LockedBook.View view(SandboxId id) {
        return book.find(id).orElseThrow(() -> SandboxFaults.unknown(id));
    }
}
