package io.neurovisor.bench.measure;

import static java.util.Objects.requireNonNull;

/**
 * One way of doing what a scenario is about.
 *
 * @param attempt does it once
 */
public record Contender(String name, Attempt attempt) {
    public Contender {
        requireNonNull(name, "name is null");
        requireNonNull(attempt, "attempt is null");
    }

    /** Does it once and says how long it took, in milliseconds; throws where it did not work. */
    @FunctionalInterface
    interface Attempt {
        double run();
    }
}
