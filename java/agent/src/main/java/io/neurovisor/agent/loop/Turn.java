package io.neurovisor.agent.loop;

import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.engine.time.Deadline;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Executes the calls of one reply, begun in their order, and in parallel up to a limit. Results are reported in that order. No program is running
 * when the turn has ended.
 */
record Turn(CodeRunner runner, int parallelCalls) {
    /** A call and the result of its check. */
    record Item(ToolCall call, ExecuteCode.Checked checked) {}

    /** Receives the results in order. */
    @FunctionalInterface
    interface Results {
        void executed(Item item, CodeRequest request, CodeResult result);
    }

    /** Thrown when the deadline of the run has passed. */
    static final class TimeIsOver extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /** Executes the valid calls; propagates exceptions of the runner. */
    void execute(List<Item> items, Deadline deadline, Results results) throws InterruptedException, TimeIsOver {
        List<Future<CodeResult>> futures = new ArrayList<>();
        // INVARIANT: closing the executor waits for its threads; an early exit has interrupted all of them.
        try (ExecutorService threads =
                Executors.newFixedThreadPool(parallelCalls, Thread.ofVirtual().factory())) {
            boolean isDone = false;
            try {
                for (Item item : items) {
                    if (item.checked() instanceof ExecuteCode.Checked.Valid(CodeRequest request)) {
                        futures.add(threads.submit(() -> runner.run(request)));
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
