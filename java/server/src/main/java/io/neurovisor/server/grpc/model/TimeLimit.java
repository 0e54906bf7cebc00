package io.neurovisor.server.grpc.model;

import io.grpc.Context;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Interrupts work that exceeds a time limit, even while it waits for a client that does not read. Never interrupts the
 * thread after the work has ended.
 */
final class TimeLimit {
    private final Duration limit;
    private final Thread worker;
    private final CountDownLatch ended = new CountDownLatch(1);
    private boolean passed;

    private TimeLimit(Duration limit, Thread worker) {
        this.limit = limit;
        this.worker = worker;
    }

    /** Returns the time until the call's deadline, at most {@code longest}. */
    static Duration left(Duration longest) {
        io.grpc.Deadline deadline = Context.current().getDeadline();
        if (deadline == null) {
            return longest;
        }
        Duration left = Duration.ofNanos(Math.max(0, deadline.timeRemaining(TimeUnit.NANOSECONDS)));
        return left.compareTo(longest) < 0 ? left : longest;
    }

    /**
     * Runs the work in the calling thread.
     *
     * @throws ModelFailure {@code OUT_OF_TIME} if the limit interrupted it
     */
    static <R> R within(Duration limit, Supplier<R> work) {
        return new TimeLimit(limit, Thread.currentThread()).run(work);
    }

    private <R> R run(Supplier<R> work) {
        Thread watch = Thread.ofVirtual().start(this::watch);
        try {
            return work.get();
        } catch (ModelFailure failure) {
            throw isOver(watch) && failure.reason() == ModelFailure.Reason.CANCELLED ? outOfTime(failure) : failure;
        } catch (NeuroVisorException exception) {
            throw isOver(watch) && exception.fault() == Fault.INTERRUPTED ? outOfTime(exception) : exception;
        } finally {
            boolean _ = isOver(watch);
        }
    }

    private void watch() {
        try {
            if (!ended.await(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                passed = true;
                worker.interrupt();
            }
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
    }

    /** Returns whether the limit has interrupted the work. After this returns, it no longer does. */
    private boolean isOver(Thread watch) {
        ended.countDown();
        boolean interrupted = Thread.interrupted();
        try {
            watch.join();
        } catch (InterruptedException exception) {
            interrupted = true;
        }
        if (interrupted && !passed) {
            // The interrupt came from elsewhere, so it is restored.
            worker.interrupt();
        }
        return passed;
    }

    private ModelFailure outOfTime(RuntimeException cause) {
        return new ModelFailure(
                ModelFailure.Reason.OUT_OF_TIME,
                "it was not finished after " + limit.toSeconds() + " s; set a later deadline, and"
                        + " read the reply as it arrives",
                cause);
    }
}
