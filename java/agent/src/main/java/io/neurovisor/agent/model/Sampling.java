package io.neurovisor.agent.model;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * Sampling parameters of a reply.
 *
 * @param temperature the temperature; empty for the default of the server
 * @param maxTokens the maximum length of the reply; empty for the default of the server
 */
public record Sampling(Optional<Double> temperature, Optional<Integer> maxTokens) {
    /** The defaults of the server. */
    public static final Sampling USUAL = new Sampling(Optional.empty(), Optional.empty());

    public Sampling {
        requireNonNull(temperature, "temperature is null");
        requireNonNull(maxTokens, "maxTokens is null");
    }
}
