package io.neurovisor.testkit;

import java.time.Duration;
import java.util.function.Predicate;

/**
 * Repeats what a time-out interrupts, each time with twice the time, until it came far enough before. The speed of a host decides
 * how often it is repeated, and not how it ends.
 */
public final class GrowingTimeout {
    private static final int ATTEMPTS = 6;

    private GrowingTimeout() {}

    /** One attempt, which ends when the time is over. */
    @FunctionalInterface
    public interface Attempt<T, E extends Exception> {
        T with(Duration timeout) throws E;
    }

    /** Returns what the first attempt came to that went far enough, or the last one. */
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
