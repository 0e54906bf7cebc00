package io.neurovisor.server.daemon;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does tasks in regular intervals, in a separate thread. A task that fails is tried again. */
final class Upkeep implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

    private final ScheduledExecutorService thread;

    /** @param name of the thread */
    Upkeep(String name) {
        thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name(name).factory());
    }

    /** @param task returns quickly unless it is due */
    void every(Duration interval, Runnable task) {
        ScheduledFuture<?> _ = thread.scheduleWithFixedDelay(
                () -> run(task), interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException failure) {
            LOG.error("upkeep failed", failure);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
