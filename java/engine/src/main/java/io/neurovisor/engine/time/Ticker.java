package io.neurovisor.engine.time;

/** A monotonic clock, read in nanoseconds from an arbitrary origin. */
@FunctionalInterface
public interface Ticker {
    /** The machine's monotonic clock. */
    Ticker SYSTEM = System::nanoTime;

    long nanos();
}
