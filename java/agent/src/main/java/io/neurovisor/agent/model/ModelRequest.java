package io.neurovisor.agent.model;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.trace.TraceId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A request to a model.
 *
 * @param messages the conversation
 * @param timeout the timeout of the whole reply
 * @param tool that the model may call; empty for none
 * @param traceId the trace of the run, which is sent to the server
 * @param traceparent the W3C header to send if the request is a span; otherwise a new span of the trace is sent
 * @param schema the schema of the answer; only for requests without tools
 * @param sampling the sampling parameters
 */
public record ModelRequest(
        List<Message> messages,
        Duration timeout,
        Optional<CodeTool> tool,
        Optional<TraceId> traceId,
        Optional<String> traceparent,
        Optional<AnswerSchema> schema,
        Sampling sampling) {
    public ModelRequest {
        messages = List.copyOf(messages);
        requireNonNull(timeout, "timeout is null");
        requireNonNull(tool, "tool is null");
        requireNonNull(traceId, "traceId is null");
        requireNonNull(traceparent, "traceparent is null");
        requireNonNull(schema, "schema is null");
        requireNonNull(sampling, "sampling is null");
    }

    /** Creates a request with the tool that runs programs, and without a trace. */
    public ModelRequest(List<Message> messages, Duration timeout) {
        this(
                messages,
                timeout,
                Optional.of(CodeTool.PROGRAM),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Sampling.USUAL);
    }

    public ModelRequest withTimeout(Duration other) {
        return new ModelRequest(messages, other, tool, traceId, traceparent, schema, sampling);
    }

    public ModelRequest withTool(CodeTool other) {
        return new ModelRequest(messages, timeout, Optional.of(other), traceId, traceparent, schema, sampling);
    }

    public ModelRequest withoutTools() {
        return new ModelRequest(messages, timeout, Optional.empty(), traceId, traceparent, schema, sampling);
    }

    public ModelRequest tracedBy(TraceId id) {
        return new ModelRequest(messages, timeout, tool, Optional.of(id), traceparent, schema, sampling);
    }

    /** Returns this request with the {@code traceparent} header of its span. */
    public ModelRequest within(String header) {
        return new ModelRequest(messages, timeout, tool, traceId, Optional.of(header), schema, sampling);
    }

    public ModelRequest sampledBy(Sampling other) {
        return new ModelRequest(messages, timeout, tool, traceId, traceparent, schema, other);
    }

    /** Returns this request with a schema and without tools: servers cannot combine the two. */
    public ModelRequest answeredBy(AnswerSchema wanted) {
        return new ModelRequest(
                messages, timeout, Optional.empty(), traceId, traceparent, Optional.of(wanted), sampling);
    }
}
