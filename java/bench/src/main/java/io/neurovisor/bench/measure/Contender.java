package io.neurovisor.bench.measure;

import static java.util.Objects.requireNonNull;

/**
 * One of the programs that a scenario compares.
 *
 * @param attempt runs the scenario once with this contender
 */
public record Contender(String name, Attempt attempt) {
    public Contender {
        requireNonNull(name, "name is null");
        requireNonNull(attempt, "attempt is null");
    }

    /** Runs once and returns the milliseconds that it took; throws when the attempt fails. */
    @FunctionalInterface
    public interface Attempt {
        double run();
    }
}
