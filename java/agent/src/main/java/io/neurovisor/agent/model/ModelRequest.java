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
 * @param traceparent W3C's header that its server is told instead, where the request is a span; empty for any of the run's
 * @param schema what the answer has to keep to; such a request is one without tools
 * @param sampling how the reply is to be written
 */
public record ModelRequest(
        List<Message> messages,
        Duration patience,
        boolean tools,
        Optional<TraceId> traceId,
        Optional<String> traceparent,
        Optional<AnswerSchema> schema,
        Sampling sampling) {
    public ModelRequest {
        messages = List.copyOf(messages);
        requireNonNull(patience, "patience is null");
        requireNonNull(traceId, "traceId is null");
        requireNonNull(traceparent, "traceparent is null");
        requireNonNull(schema, "schema is null");
        requireNonNull(sampling, "sampling is null");
    }

    /** With tools, of no run. */
    public ModelRequest(List<Message> messages, Duration patience) {
        this(messages, patience, true, Optional.empty(), Optional.empty(), Optional.empty(), Sampling.USUAL);
    }

    public ModelRequest withPatience(Duration other) {
        return new ModelRequest(messages, other, tools, traceId, traceparent, schema, sampling);
    }

    public ModelRequest withoutTools() {
        return new ModelRequest(messages, patience, false, traceId, traceparent, schema, sampling);
    }

    public ModelRequest tracedBy(TraceId id) {
        return new ModelRequest(messages, patience, tools, Optional.of(id), traceparent, schema, sampling);
    }

    /** As a span that is told so. */
    public ModelRequest within(String header) {
        return new ModelRequest(messages, patience, tools, traceId, Optional.of(header), schema, sampling);
    }

    public ModelRequest sampledBy(Sampling other) {
        return new ModelRequest(messages, patience, tools, traceId, traceparent, schema, other);
    }

    /** Without tools: a server cannot hold a model to a schema and let it call one. */
    public ModelRequest answeredBy(AnswerSchema wanted) {
        return new ModelRequest(messages, patience, false, traceId, traceparent, Optional.of(wanted), sampling);
    }
}
