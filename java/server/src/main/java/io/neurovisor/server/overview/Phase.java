package io.neurovisor.server.overview;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * A part of an execution's time.
 *
 * @param startMillis since the execution has begun
 */
public record Phase(Name name, double startMillis, double lengthMillis) {
    private static final double MICROS_PER_MILLI = 1000;

    /** What that time was for. Each is a part of {@link #WAIT}, of {@link #EXECUTE} or of neither. */
    public enum Name {
        /** From the request to a machine that answered. */
        WAIT,
        /** In it: a clone of a template became a machine, for this execution or shortly before it. */
        RESTORE,
        /** In it: a machine booted. */
        BOOT,
        /** From there to the last word of the guest. */
        EXECUTE,
        /** In it: the program, by the guest's clock. Where in it is not known, so it is told as its middle. */
        PROGRAM,
        /** Until nothing of the machine was left. */
        DESTROY
    }

    public Phase {
        requireNonNull(name, "name is null");
    }

    static Phase of(Name name, Duration start, Duration length) {
        return new Phase(name, millis(start), millis(length));
    }

    /** When it was over. */
    public double endMillis() {
        return startMillis + lengthMillis;
    }

    static double millis(Duration duration) {
        return Math.max(0, duration.toNanos() / 1000) / MICROS_PER_MILLI;
    }
}
