package io.neurovisor.agent.model;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.trace.TraceId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a model is asked.
 *
 * @param messages all of the conversation that it shall know
 * @param patience how long the whole reply may take
 * @param tools whether it may call any
 * @param traceId of the run that asks; its server is told
 */
public record ModelRequest(List<Message> messages, Duration patience, boolean tools, Optional<TraceId> traceId) {
    public ModelRequest {
        messages = List.copyOf(messages);
        requireNonNull(patience, "patience is null");
        requireNonNull(traceId, "traceId is null");
    }

    /** With tools, of no run. */
    public ModelRequest(List<Message> messages, Duration patience) {
        this(messages, patience, true, Optional.empty());
    }

    public ModelRequest withPatience(Duration other) {
        return new ModelRequest(messages, other, tools, traceId);
    }

    public ModelRequest withoutTools() {
        return new ModelRequest(messages, patience, false, traceId);
    }

    public ModelRequest tracedBy(TraceId id) {
        return new ModelRequest(messages, patience, tools, Optional.of(id));
    }
}
