package io.neurovisor.session;

import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.AgentTask;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A task of a session.
 *
 * @param task with the trace id, without a history
 * @param unfinishedReply the part of a reply that was received before an interruption; usually empty
 * @param result without its messages; empty while the run is running, or if its process died
 */
public record RecordedRun(
        AgentTask task,
        String model,
        Instant begun,
        RunState state,
        List<RecordedMessage> messages,
        String unfinishedReply,
        Optional<AgentResult> result) {
    public RecordedRun {
        messages = List.copyOf(messages);
    }
}
