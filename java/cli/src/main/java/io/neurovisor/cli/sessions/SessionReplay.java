package io.neurovisor.cli.sessions;

import io.neurovisor.agent.loop.AgentListener;
import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.session.RecordedCall;
import io.neurovisor.session.RecordedMessage;
import io.neurovisor.session.RecordedMessage.Role;
import io.neurovisor.session.RecordedRun;
import java.util.List;

/** Replays a recorded run: notifies a listener of its events in their order. */
final class SessionReplay {
    private SessionReplay() {}

    static void into(RecordedRun run, AgentListener listener) {
        int iteration = 0;
        for (RecordedMessage message : run.messages()) {
            if (message.role() == Role.USER) {
                listener.said(new Message.User(message.text()));
            } else {
                iteration++;
                listener.iteration(iteration, run.model());
                replied(message, listener);
            }
        }
        if (!run.unfinishedReply().isBlank()) {
            listener.iteration(iteration + 1, run.model());
            listener.said(new Message.Assistant(run.unfinishedReply() + " [cut off]", List.of()));
        }
        run.result().ifPresent(listener::ended);
    }

    private static void replied(RecordedMessage message, AgentListener listener) {
        List<ToolCall> calls = message.calls().stream().map(RecordedCall::call).toList();
        listener.said(new Message.Assistant(message.text(), calls));
        for (RecordedCall call : message.calls()) {
            listener.called(call.call());
            call.execution()
                    .ifPresent(execution -> listener.executed(call.call(), execution.request(), execution.result()));
            call.refusal().ifPresent(reason -> listener.refused(call.call(), reason));
        }
        for (RecordedCall call : message.calls()) {
            call.result().ifPresent(text -> listener.said(new Message.ToolResult(call.call(), text)));
        }
    }
}
