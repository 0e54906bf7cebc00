package io.neurovisor.engine.sandbox;

import java.time.Duration;
import java.time.Instant;

/** The times at which something is due for a sandbox, by a monotonic clock. */
final class SandboxTimes {
    /** The interval at which the clock of a guest is set. */
    static final Duration CLOCK_INTERVAL = Duration.ofMinutes(5);

    /** The interval at which the layers of a machine are read. */
    static final Duration LAYERS_INTERVAL = Duration.ofMinutes(10);

    /** The share of a processor that timers, loops with pauses and the guest itself may use while it is idle. */
    private static final double IDLE_SHARE = 0.05;

    private static final double NANOS_PER_SECOND = 1e9;

    private final Instant created;
    private final long createdNanos;
    private long endsNanos;
    private long clockNanos;
    private long layersNanos;
    private long usedNanos;
    private long measuredNanos;
    private double measuredSeconds;

    SandboxTimes(Instant created, long createdNanos, long endsNanos) {
        this.created = created;
        this.createdNanos = createdNanos;
        this.endsNanos = endsNanos;
    }

    Instant created() {
        return created;
    }

    /** Returns the time at which the time-out passes, or at which the sandbox has ended. */
    long endsNanos() {
        return endsNanos;
    }

    Instant ends() {
        return at(endsNanos);
    }

    /** Returns the time at which the monotonic clock shows this. */
    Instant at(long nanos) {
        return created.plusNanos(nanos - createdNanos);
    }

    /** Returns what the monotonic clock shows at a time. */
    long nanos(Instant time) {
        return createdNanos + Duration.between(created, time).toNanos();
    }

    void endAt(long newEndsNanos) {
        endsNanos = newEndsNanos;
    }

    boolean isOver(long nowNanos) {
        return endsNanos - nowNanos <= 0;
    }

    /** Begins the intervals of a machine, whose clock is due immediately: it may have waited for half an hour. */
    void begin(long nowNanos) {
        clockNanos = nowNanos;
        layersNanos = nowNanos + LAYERS_INTERVAL.toNanos();
        use(nowNanos);
    }

    /** Notes that it is in use. */
    void use(long nowNanos) {
        usedNanos = nowNanos;
    }

    /**
     * Notes the processor time of its guest, and that it is in use if that has grown by more than idle programs take.
     *
     * @param seconds as the guest reports it, which can be any number
     */
    void measure(double seconds, long nowNanos) {
        if (seconds - measuredSeconds > IDLE_SHARE * (nowNanos - measuredNanos) / NANOS_PER_SECOND) {
            use(nowNanos);
        }
        measuredSeconds = seconds;
        measuredNanos = nowNanos;
    }

    Duration untilIdle(Duration idle, long nowNanos) {
        return idle.minusNanos(nowNanos - usedNanos);
    }

    /** Returns whether the clock is to be set, which counts as done. */
    boolean takeClock(long nowNanos) {
        boolean isDue = clockNanos - nowNanos <= 0;
        clockNanos = isDue ? nowNanos + CLOCK_INTERVAL.toNanos() : clockNanos;
        return isDue;
    }

    /** Returns whether the layers are to be read, which counts as done. */
    boolean takeLayers(long nowNanos) {
        boolean isDue = layersNanos - nowNanos <= 0;
        layersNanos = isDue ? nowNanos + LAYERS_INTERVAL.toNanos() : layersNanos;
        return isDue;
    }

    Duration untilEnd(long nowNanos) {
        return Duration.ofNanos(endsNanos - nowNanos);
    }

    /** Returns the time until anything is due for a machine. */
    Duration untilNext(long nowNanos) {
        return Duration.ofNanos(
                Math.min(endsNanos - nowNanos, Math.min(clockNanos - nowNanos, layersNanos - nowNanos)));
    }
}
