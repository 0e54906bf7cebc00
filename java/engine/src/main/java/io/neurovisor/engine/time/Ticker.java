package io.neurovisor.engine.time;

/** A monotonic clock, read in nanoseconds from an arbitrary origin. */
@FunctionalInterface
public interface Ticker {
    /** The monotonic clock of the system. */
    Ticker SYSTEM = System::nanoTime;

    long nanos();
}
