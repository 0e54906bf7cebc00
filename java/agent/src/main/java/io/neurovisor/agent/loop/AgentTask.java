package io.neurovisor.agent.loop;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.model.Message;
import io.neurovisor.engine.trace.TraceId;
import java.util.List;

/**
 * A task for the model.
 *
 * @param history the conversation that this one continues, without its instruction
 */
public record AgentTask(TraceId traceId, String text, List<Message> history) {
    public AgentTask {
        requireNonNull(traceId, "traceId is null");
        requireNonNull(text, "text is null");
        history = List.copyOf(history);
    }

    /** Creates a task that begins a new conversation. */
    public AgentTask(TraceId traceId, String text) {
        this(traceId, text, List.of());
    }
}
