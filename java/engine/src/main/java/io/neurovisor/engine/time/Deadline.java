package io.neurovisor.engine.time;

import java.time.Duration;

/** A moment on a {@link Ticker} at which waiting ends. */
public final class Deadline {
    private final Ticker ticker;
    private final long endNanos;

    private Deadline(Ticker ticker, long endNanos) {
        this.ticker = ticker;
        this.endNanos = endNanos;
    }

    public static Deadline after(Duration duration, Ticker ticker) {
        return new Deadline(ticker, ticker.nanos() + duration.toNanos());
    }

    /** Returns the time left; zero once the moment has passed. */
    public Duration remaining() {
        return Duration.ofNanos(Math.max(0, endNanos - ticker.nanos()));
    }

    public boolean hasPassed() {
        return endNanos - ticker.nanos() <= 0;
    }
}
