package io.neurovisor.agent.loop;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.model.Message;
import java.util.List;

/**
 * What has become of a task.
 *
 * @param answer the model's; where the run did not get so far, what there is
 * @param explanation why there is no more, in one line; empty after an answer
 * @param messages the conversation, without its instruction
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
