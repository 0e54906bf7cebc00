package io.neurovisor.cli.sessions;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.cli.agent.AgentEvents;
import io.neurovisor.session.RecordedCall;
import io.neurovisor.session.RecordedMessage;
import io.neurovisor.session.RecordedRun;
import io.neurovisor.session.RecordedSession;
import io.neurovisor.session.SessionSummary;
import java.util.List;
import java.util.Locale;

/** Sessions as JSON, with the same names as the events of a run. */
final class SessionJson {
    private static final int OUTPUT_CHARACTERS = Integer.MAX_VALUE;

    private SessionJson() {}

    static ArrayNode of(List<SessionSummary> sessions) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        for (SessionSummary session : sessions) {
            array.addObject()
                    .put("id", session.id().toString())
                    .put("owner", session.owner().label())
                    .put("task", session.task())
                    .put("model", session.model())
                    .put("begun", session.begun().toString())
                    .put("used", session.used().toString())
                    .put("runs", session.runs())
                    .put("state", session.state().name());
        }
        return array;
    }

    static ObjectNode of(RecordedSession session) {
        ObjectNode object = JsonNodeFactory.instance
                .objectNode()
                .put("id", session.id().toString())
                .put("owner", session.owner().label())
                .put("begun", session.begun().toString())
                .put("used", session.used().toString());
        session.sandbox().ifPresent(sandbox -> object.put("sandbox", sandbox));
        ArrayNode runs = object.putArray("runs");
        session.runs().forEach(run -> run(runs.addObject(), run));
        return object;
    }

    private static void run(ObjectNode object, RecordedRun run) {
        object.put("trace_id", run.task().traceId().toString())
                .put("task", run.task().text())
                .put("model", run.model())
                .put("begun", run.begun().toString())
                .put("state", run.state().name());
        ArrayNode messages = object.putArray("messages");
        run.messages().forEach(message -> message(messages.addObject(), message));
        if (!run.unfinishedReply().isEmpty()) {
            object.put("unfinished_reply", run.unfinishedReply());
        }
        run.result().ifPresent(result -> AgentEvents.put(object, result));
    }

    private static void message(ObjectNode object, RecordedMessage message) {
        object.put("role", message.role().name().toLowerCase(Locale.ROOT))
                .put("text", message.text())
                .put("said", message.said().toString());
        if (!message.calls().isEmpty()) {
            ArrayNode calls = object.putArray("calls");
            message.calls().forEach(call -> call(calls.addObject(), call));
        }
    }

    private static void call(ObjectNode object, RecordedCall call) {
        object.put("id", call.call().id())
                .put("name", call.call().name())
                .put("arguments", call.call().arguments());
        call.refusal().ifPresent(reason -> object.put("refused", reason));
        call.execution().ifPresent(execution -> execution(object.putObject("execution"), execution));
        call.result().ifPresent(text -> object.put("result", text));
    }

    private static void execution(ObjectNode object, RecordedCall.Execution execution) {
        object.put("language", execution.request().language().label())
                .put("code", execution.request().code())
                .put("outcome", execution.result().outcome().name())
                .put("exit_code", execution.result().exitCode())
                .put("duration_ms", execution.result().duration().toMillis())
                .put("stdout", execution.result().stdout().text(OUTPUT_CHARACTERS))
                .put("stdout_bytes", execution.stdoutBytes())
                .put("stderr", execution.result().stderr().text(OUTPUT_CHARACTERS))
                .put("stderr_bytes", execution.stderrBytes())
                .put("detail", execution.result().detail());
        execution.result().bootTime().ifPresent(time -> object.put("boot_ms", time.toMillis()));
    }
}
