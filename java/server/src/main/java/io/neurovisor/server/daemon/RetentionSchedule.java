package io.neurovisor.server.daemon;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies the retention rules every hour. While programs run it waits until none does, at most another hour. A failure is
 * logged and does not affect the daemon.
 */
final class RetentionSchedule {
    private static final Logger LOG = LoggerFactory.getLogger(RetentionSchedule.class);

    static final Duration EVERY = Duration.ofHours(1);

    private final Runnable rules;
    private final BooleanSupplier idle;
    private final Ticker ticker;
    private long appliedNanos;

    /** @param idle returns whether no program runs or waits */
    RetentionSchedule(Runnable rules, BooleanSupplier idle, Ticker ticker) {
        this.rules = rules;
        this.idle = idle;
        this.ticker = ticker;
        this.appliedNanos = ticker.nanos();
    }

    /** Applies the rules if it is time to. */
    void look() {
        Duration since = Duration.ofNanos(ticker.nanos() - appliedNanos);
        boolean overdue = since.compareTo(EVERY.multipliedBy(2)) >= 0;
        if (since.compareTo(EVERY) < 0 || !(overdue || idle.getAsBoolean())) {
            return;
        }
        appliedNanos = ticker.nanos();
        try {
            rules.run();
        } catch (NeuroVisorException failure) {
            LOG.warn("the retention rules could not be applied: {}; tries again in an hour", failure.getMessage());
        }
    }
}
