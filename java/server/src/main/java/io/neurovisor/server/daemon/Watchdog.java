package io.neurovisor.server.daemon;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports at intervals that the daemon works, as long as a check of it succeeds. A check that fails or does not return is reported by
 * silence: the service manager then restarts the daemon.
 */
public final class Watchdog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);

    /** Two reports may be late before the manager's patience ends. */
    private static final int REPORTS_PER_TIMEOUT = 3;

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("watchdog").factory());
    private final Runnable check;
    private final Runnable report;

    private Watchdog(Runnable check, Runnable report) {
        this.check = requireNonNull(check, "check is null");
        this.report = requireNonNull(report, "report is null");
    }

    /**
     * Starts with a first check.
     *
     * @param timeout how long the service manager waits for a report
     * @param check throws {@link NeuroVisorException} when the daemon does not work
     */
    public static Watchdog start(Duration timeout, Runnable check, Runnable report) {
        Watchdog watchdog = new Watchdog(check, report);
        ScheduledFuture<?> _ = watchdog.thread.scheduleWithFixedDelay(
                watchdog::look, 0, timeout.toNanos() / REPORTS_PER_TIMEOUT, TimeUnit.NANOSECONDS);
        return watchdog;
    }

    private void look() {
        try {
            check.run();
        } catch (NeuroVisorException failure) {
            LOG.error("the daemon does not work, and the service manager restarts it: {}", failure.getMessage());
            return;
        }
        report.run();
    }

    /** Reports no more. */
    @Override
    public void close() {
        thread.shutdownNow();
    }
}
