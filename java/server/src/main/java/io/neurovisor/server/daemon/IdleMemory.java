package io.neurovisor.server.daemon;

import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Returns the memory of a burst to the system. Neither the serial collector nor the C library does so by itself, and doing it
 * delays a request, so it is done when the daemon has been idle for a while and has grown.
 */
final class IdleMemory {
    static final Duration REST = Duration.ofSeconds(30);

    /** Growth for which a full collection is worth its time. */
    static final long GROWTH_BYTES = 64L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(IdleMemory.class);

    private final BooleanSupplier idle;
    private final LongSupplier residentBytes;
    private final Runnable release;
    private final Ticker ticker;
    private long busyNanos;
    private long leastBytes;

    /**
     * @param idle returns whether no program runs or waits
     * @param residentBytes returns the memory of this process
     * @param release collects and returns unused memory
     */
    IdleMemory(BooleanSupplier idle, LongSupplier residentBytes, Runnable release, Ticker ticker) {
        this.idle = idle;
        this.residentBytes = residentBytes;
        this.release = release;
        this.ticker = ticker;
        this.busyNanos = ticker.nanos();
        this.leastBytes = residentBytes.getAsLong();
    }

    /** Returns memory if it is time to. */
    void look() {
        long now = ticker.nanos();
        if (!idle.getAsBoolean()) {
            busyNanos = now;
        }
        if (now - busyNanos < REST.toNanos()) {
            return;
        }
        long bytes = residentBytes.getAsLong();
        if (bytes - GROWTH_BYTES < leastBytes) {
            leastBytes = Math.min(bytes, leastBytes);
            return;
        }
        release.run();
        // What is still in use must not be collected again and again.
        leastBytes = residentBytes.getAsLong();
        LOG.debug("returned memory to the system: {} MiB are left of {}", leastBytes >> 20, bytes >> 20);
    }
}
