package io.neurovisor.cli.copy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Copies of small files that run at the same time, because each waits for answers most of the time. The first failure ends
 * all. For one thread, which closes it: copies that are then under way are interrupted and awaited.
 */
final class ConcurrentCopies implements AutoCloseable {
    private static final int AT_A_TIME = 8;

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CompletionService<Void> copies = new ExecutorCompletionService<>(threads);
    private int running;

    /** Starts a copy, as soon as fewer than {@link #AT_A_TIME} run. */
    void start(Runnable copy) {
        if (running == AT_A_TIME) {
            awaitOne();
        }
        running++;
        copies.submit(copy, null);
    }

    /** Returns when all copies have ended. */
    void await() {
        while (running > 0) {
            awaitOne();
        }
    }

    private void awaitOne() {
        try {
            Void _ = copies.take().get();
            running--;
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted("cancelled", exception);
        } catch (ExecutionException exception) {
            throw exception.getCause() instanceof NeuroVisorException failure
                    ? failure
                    : new NeuroVisorException(Fault.INTERNAL, "a copy failed: " + exception.getCause(), exception);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
        threads.close();
    }
}
