package io.neurovisor.bench.measure;

/** One of the programs that a scenario compares; {@code attempt} runs the scenario once with it. */
public record Contender(String name, Attempt attempt) {
    /** Runs once and returns the milliseconds that it took; throws when the attempt fails. */
    @FunctionalInterface
    public interface Attempt {
        double run();
    }
}
