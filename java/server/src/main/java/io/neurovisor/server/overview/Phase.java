package io.neurovisor.server.overview;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/** A part of an execution's time; it starts {@code startMillis} after the start of the execution. */
public record Phase(Name name, double startMillis, double lengthMillis) {
    private static final double MICROS_PER_MILLI = 1000;

    /** The kinds of phases. Each is a part of {@link #WAIT}, of {@link #EXECUTE} or of neither. */
    public enum Name {
        /** From the request until a machine has responded. */
        WAIT,
        /** Within WAIT: the restore of a template's clone, for this execution or shortly before it. */
        RESTORE,
        /** Within WAIT: the boot of a machine. */
        BOOT,
        /** From then until the last message of the guest. */
        EXECUTE,
        /** Within EXECUTE: the program, by the guest's clock. Its position is unknown and shown as the middle. */
        PROGRAM,
        /** Until the machine is removed. */
        DESTROY
    }

    public Phase {
        requireNonNull(name, "name is null");
    }

    static Phase of(Name name, Duration start, Duration length) {
        return new Phase(name, millis(start), millis(length));
    }

    static double millis(Duration duration) {
        return Math.max(0, duration.toNanos() / 1000) / MICROS_PER_MILLI;
    }
}
