package io.neurovisor.server.daemon;

import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks every ten seconds, in a separate thread, whether one of several tasks is due. A task that fails is tried again. */
final class Upkeep implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);
    private static final int SECONDS = 10;

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("upkeep").factory());

    /** @param tasks return quickly unless they are due */
    void start(List<Runnable> tasks) {
        for (Runnable task : tasks) {
            ScheduledFuture<?> _ = thread.scheduleWithFixedDelay(() -> run(task), SECONDS, SECONDS, TimeUnit.SECONDS);
        }
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
