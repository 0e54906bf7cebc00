package io.neurovisor.agent.model;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * How a reply is to be written.
 *
 * @param temperature how far from the likeliest words; the server's own where it is empty
 * @param maxTokens after which it is cut; the server's own limit where it is empty
 */
public record Sampling(Optional<Double> temperature, Optional<Integer> maxTokens) {
    /** As the server likes. */
    public static final Sampling USUAL = new Sampling(Optional.empty(), Optional.empty());

    public Sampling {
        requireNonNull(temperature, "temperature is null");
        requireNonNull(maxTokens, "maxTokens is null");
    }
}
