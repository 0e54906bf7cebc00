package io.neurovisor.server.grpc;

import static java.util.Objects.requireNonNull;

import io.grpc.Context;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Interrupts work that takes too long, also where it waits for a client that does not read. Nothing is interrupted after the
 * work has ended.
 */
final class TimeLimit {
    private final Duration limit;
    private final Thread worker;
    private final CountDownLatch ended = new CountDownLatch(1);
    private boolean passed;

    private TimeLimit(Duration limit, Thread worker) {
        this.limit = requireNonNull(limit, "limit is null");
        this.worker = requireNonNull(worker, "worker is null");
    }

    /** What is left of the call's own deadline, at most the given time. */
    static Duration left(Duration longest) {
        io.grpc.Deadline deadline = Context.current().getDeadline();
        if (deadline == null) {
            return longest;
        }
        Duration left = Duration.ofNanos(Math.max(0, deadline.timeRemaining(TimeUnit.NANOSECONDS)));
        return left.compareTo(longest) < 0 ? left : longest;
    }

    /**
     * Does the work in this thread.
     *
     * @throws ModelFailure {@code OUT_OF_TIME} where it was interrupted for that
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

    /** Whether it has interrupted; it does not any more when this returns. */
    private boolean isOver(Thread watch) {
        ended.countDown();
        boolean interrupted = Thread.interrupted();
        try {
            watch.join();
        } catch (InterruptedException exception) {
            interrupted = true;
        }
        if (interrupted && !passed) {
            // It was somebody else who wants this thread to end.
            worker.interrupt();
        }
        return passed;
    }

    private ModelFailure outOfTime(RuntimeException cause) {
        return new ModelFailure(
                ModelFailure.Reason.OUT_OF_TIME,
                "it was not done after " + limit.toSeconds() + " s; the client may give it a later deadline, and has to"
                        + " read what it is sent",
                cause);
    }
}
