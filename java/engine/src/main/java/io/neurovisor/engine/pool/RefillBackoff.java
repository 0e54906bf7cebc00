package io.neurovisor.engine.pool;

import java.time.Duration;
import java.util.Optional;

/** The pauses between failed attempts to keep machines ready: 1 s after the first failure, doubled up to 1 min. */
final class RefillBackoff {
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
    private static final int MAX_DOUBLINGS = 6;

    private int failures;
    private long retryNanos;
    private Optional<String> reason = Optional.empty();

    void succeeded() {
        failures = 0;
        reason = Optional.empty();
    }

    /** Records a failure. Failures during a pause, such as those of machines that started together, do not lengthen it. */
    void failed(String why, long nowNanos) {
        reason = Optional.of(why);
        if (remaining(nowNanos).isZero()) {
            Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(failures, MAX_DOUBLINGS));
            retryNanos = nowNanos + (pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE).toNanos();
            failures++;
        }
    }

    /** Returns the time until the next attempt; zero if none has to be awaited. */
    Duration remaining(long nowNanos) {
        return failures == 0 ? Duration.ZERO : Duration.ofNanos(Math.max(0, retryNanos - nowNanos));
    }

    /** Returns the reason of the last failure; empty after a success. */
    Optional<String> reason() {
        return reason;
    }
}
