package io.neurovisor.agent.loop;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.engine.time.Deadline;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The calls of one reply, executed at the same time as far as that is allowed. Results come in the order of the calls. However
 * it ends, no program of it runs on.
 */
final class Turn {
    private final CodeRunner runner;
    private final int parallelCalls;

    /** A call with what is known of it. */
    record Item(ToolCall call, ExecuteCode.Checked checked) {}

    /** Hears of the results, in order. */
    @FunctionalInterface
    interface Results {
        void executed(Item item, CodeRequest request, CodeResult result);
    }

    /** The time for the whole run is over. */
    static final class TimeIsOver extends Exception {
        private static final long serialVersionUID = 1L;
    }

    Turn(CodeRunner runner, int parallelCalls) {
        this.runner = requireNonNull(runner, "runner is null");
        this.parallelCalls = parallelCalls;
    }

    /** Those that are wrong are passed over; throws what the runner throws. */
    void execute(List<Item> items, Deadline deadline, Results results) throws InterruptedException, TimeIsOver {
        Semaphore places = new Semaphore(parallelCalls);
        List<Future<CodeResult>> futures = new ArrayList<>();
        // INVARIANT: closing the executor waits for its threads, and whoever leaves early has interrupted them all.
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            boolean isDone = false;
            try {
                for (Item item : items) {
                    if (item.checked() instanceof ExecuteCode.Checked.Valid(CodeRequest request)) {
                        futures.add(threads.submit(() -> runInPlace(places, request)));
                    }
                }
                report(items, futures, deadline, results);
                isDone = true;
            } finally {
                if (!isDone) {
                    threads.shutdownNow();
                }
            }
        }
    }

    private CodeResult runInPlace(Semaphore places, CodeRequest request) throws InterruptedException {
        places.acquire();
        try {
            return runner.run(request);
        } finally {
            places.release();
        }
    }

    private static void report(List<Item> items, List<Future<CodeResult>> futures, Deadline deadline, Results results)
            throws InterruptedException, TimeIsOver {
        int next = 0;
        for (Item item : items) {
            if (item.checked() instanceof ExecuteCode.Checked.Valid(CodeRequest request)) {
                results.executed(item, request, await(futures.get(next), deadline));
                next++;
            }
        }
    }

    private static CodeResult await(Future<CodeResult> future, Deadline deadline)
            throws InterruptedException, TimeIsOver {
        try {
            return future.get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException exception) {
            throw new TimeIsOver();
        } catch (ExecutionException exception) {
            if (exception.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (exception.getCause() instanceof Error cause) {
                throw cause;
            }
            throw new InterruptedException();
        }
    }
}
