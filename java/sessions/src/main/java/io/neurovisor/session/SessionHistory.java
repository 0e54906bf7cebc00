package io.neurovisor.session;

import io.neurovisor.agent.calls.CallText;
import io.neurovisor.agent.loop.ExecuteCode;
import io.neurovisor.agent.loop.ResultText;
import io.neurovisor.agent.model.Message;
import io.neurovisor.session.RecordedMessage.Role;
import java.util.ArrayList;
import java.util.List;

/**
 * Converts a recorded conversation for a model. Model servers reject a call without a result, and many templates reject
 * two successive messages of one side, so the missing parts of interrupted runs are filled in.
 */
public final class SessionHistory {
    private static final int OUTPUT_CHARACTERS = 8_000;
    private static final String NOT_EXECUTED = "error: it was not executed to its end";

    private SessionHistory() {}

    public static List<Message> of(RecordedSession session) {
        List<Message> history = new ArrayList<>();
        for (RecordedRun run : session.runs()) {
            run.messages().forEach(message -> add(history, message));
            boolean isAnswered = !history.isEmpty()
                    && history.getLast() instanceof Message.Assistant last
                    && last.calls().isEmpty();
            if (!isAnswered) {
                history.add(new Message.Assistant(lastWords(run), List.of()));
            }
        }
        return history;
    }

    private static void add(List<Message> history, RecordedMessage message) {
        if (message.role() == Role.USER) {
            history.add(new Message.User(message.text()));
            return;
        }
        history.add(new Message.Assistant(
                message.text(), message.calls().stream().map(RecordedCall::call).toList()));
        message.calls().forEach(call -> history.add(new Message.ToolResult(call.call(), result(call))));
    }

    private static String result(RecordedCall call) {
        return call.result()
                .or(call::refusal)
                .or(() -> call.execution().map(execution -> ResultText.of(execution.result(), OUTPUT_CHARACTERS)))
                .orElse(NOT_EXECUTED);
    }

    /** Returns the last reply without its reasoning. */
    private static String lastWords(RecordedRun run) {
        String begun = CallText.read(run.unfinishedReply(), ExecuteCode.NAMES).answer();
        return (begun + " [cut off before an answer]").strip();
    }
}
