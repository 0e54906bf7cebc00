package io.neurovisor.testkit;

import java.time.Duration;
import java.util.function.Predicate;

/**
 * Repeats an attempt with a doubled timeout until it got far enough before the timeout. The speed of the host determines the number
 * of attempts, not the result.
 */
public final class GrowingTimeout {
    private static final int ATTEMPTS = 6;

    private GrowingTimeout() {}

    /** An attempt with a timeout. */
    @FunctionalInterface
    public interface Attempt<T, E extends Exception> {
        T with(Duration timeout) throws E;
    }

    /** Returns the result of the first attempt that got far enough, or of the last one. */
    public static <T, E extends Exception> T from(Duration first, Attempt<T, E> attempt, Predicate<T> farEnough)
            throws E {
        Duration timeout = first;
        T end = attempt.with(timeout);
        for (int number = 2; number <= ATTEMPTS && !farEnough.test(end); number++) {
            timeout = timeout.multipliedBy(2);
            end = attempt.with(timeout);
        }
        return end;
    }
}
