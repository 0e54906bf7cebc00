package io.neurovisor.agent.model;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;

/**
 * What a model is asked.
 *
 * @param messages all of the conversation that it shall know
 * @param patience how long the whole reply may take
 */
public record ModelRequest(List<Message> messages, Duration patience) {
    public ModelRequest {
        messages = List.copyOf(messages);
        requireNonNull(patience, "patience is null");
    }
}
