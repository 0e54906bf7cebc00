package io.neurovisor.engine.time;

import java.time.Instant;
import java.time.InstantSource;

/**
 * A clock that continues from the time of its creation by a ticker, so that setting the system clock does not move it.
 */
public final class SteadyClock implements InstantSource {
    private final Instant start;
    private final Ticker ticker;
    private final long startNanos;

    public SteadyClock(InstantSource clock, Ticker ticker) {
        this.start = clock.instant();
        this.ticker = ticker;
        this.startNanos = ticker.nanos();
    }

    @Override
    public Instant instant() {
        return start.plusNanos(ticker.nanos() - startNanos);
    }
}
