package io.neurovisor.agent.loop;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.model.Message;
import java.util.List;

/**
 * The result of a run.
 *
 * @param answer the answer of the model; partial if the run ended early
 * @param explanation why the run ended early, in one line; empty after an answer
 * @param messages the conversation without the instruction
 */
public record AgentResult(AgentEnd end, String answer, String explanation, AgentStats stats, List<Message> messages) {
    public AgentResult {
        requireNonNull(end, "end is null");
        requireNonNull(answer, "answer is null");
        requireNonNull(explanation, "explanation is null");
        requireNonNull(stats, "stats is null");
        messages = List.copyOf(messages);
    }
}
