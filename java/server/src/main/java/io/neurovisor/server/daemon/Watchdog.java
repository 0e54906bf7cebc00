package io.neurovisor.server.daemon;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends reports at intervals while a check of the daemon succeeds. If the check fails or does not return, no report is
 * sent, and the service manager restarts the daemon.
 */
public final class Watchdog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);

    /** Allows two late reports before the service manager's timeout. */
    private static final int REPORTS_PER_TIMEOUT = 3;

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("watchdog").factory());
    private final Runnable check;
    private final Runnable report;

    private Watchdog(Runnable check, Runnable report) {
        this.check = check;
        this.report = report;
    }

    /**
     * Starts with a first check.
     *
     * @param timeout how long the service manager waits for a report
     * @param check throws {@link NeuroVisorException} if the daemon does not work
     */
    public static Watchdog start(Duration timeout, Runnable check, Runnable report) {
        Watchdog watchdog = new Watchdog(check, report);
        ScheduledFuture<?> _ = watchdog.thread.scheduleWithFixedDelay(
                watchdog::runCheck, 0, timeout.toNanos() / REPORTS_PER_TIMEOUT, TimeUnit.NANOSECONDS);
        return watchdog;
    }

    private void runCheck() {
        try {
            check.run();
        } catch (NeuroVisorException failure) {
            LOG.error("the daemon does not work; the service manager will restart it: {}", failure.getMessage());
            return;
        }
        report.run();
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
