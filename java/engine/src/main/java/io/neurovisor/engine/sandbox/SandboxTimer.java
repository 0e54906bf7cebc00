package io.neurovisor.engine.sandbox;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts what is due for sandboxes by their times, and finds dead machines. */
final class SandboxTimer {
    /** The interval at which machines are checked for their death. */
    static final Duration LOOK_INTERVAL = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(SandboxTimer.class);

    private final LockedBook book;
    private final SandboxTasks tasks;
    /** Has a permit when the time of the next step may have changed. */
    private final Semaphore changed = new Semaphore(0);

    SandboxTimer(LockedBook book, SandboxTasks tasks) {
        this.book = book;
        this.tasks = tasks;
    }

    void start() {
        Thread _ = Thread.ofPlatform().daemon().name("sandboxes").start(this::watch);
    }

    /** Notices a step that may be due earlier than all others. */
    void notice() {
        changed.release();
    }

    /** Records, reports and follows a new time-out, and returns the sandbox. */
    LockedBook.View timeoutSet(SandboxId id) {
        notice();
        return tasks.timeoutSet(id);
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
        tasks.health().findDead();
        for (Optional<SandboxStep> step = book.change(SandboxBook::next);
                step.isPresent();
                step = book.change(SandboxBook::next)) {
            tasks.start(step.get());
        }
        Duration next = book.change(SandboxBook::untilNext);
        boolean hasMachines = book.read(SandboxBook::size) > 0;
        return hasMachines && next.compareTo(LOOK_INTERVAL) > 0 ? LOOK_INTERVAL : next;
    }
}
