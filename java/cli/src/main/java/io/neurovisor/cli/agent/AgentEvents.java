package io.neurovisor.cli.agent;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.cli.console.Lines;

/** Prints a run as JSON lines, one per event. The {@code outcome} of the last event is authoritative. */
public final class AgentEvents implements AgentOutput {
    private static final int SHOWN_CHARACTERS = 64 << 10;

    private final Lines out;

    AgentEvents(Lines out, AgentTask task, Model model) {
        this.out = out;
        print(event("start")
                .put("task", task.text())
                .put("trace_id", task.traceId().toString())
                .put("model", model.name()));
    }

    @Override
    public void iteration(int number, String model) {
        print(event("iteration").put("number", number));
    }

    @Override
    public void text(String piece) {
        print(event("text").put("text", piece));
    }

    @Override
    public void retry(String reason) {
        print(event("retry").put("reason", reason));
    }

    @Override
    public void called(ToolCall call) {
        print(event("tool_call").put("id", call.id()).put("name", call.name()).put("arguments", call.arguments()));
    }

    @Override
    public void executed(ToolCall call, CodeRequest request, CodeResult result) {
        ObjectNode event = event("execution")
                .put("id", call.id())
                .put("language", request.language().label())
                .put("outcome", result.outcome().name())
                .put("exit_code", result.exitCode())
                .put("duration_ms", result.duration().toMillis())
                .put("stdout", result.stdout().text(SHOWN_CHARACTERS))
                .put("stdout_bytes", result.stdout().totalBytes())
                .put("stderr", result.stderr().text(SHOWN_CHARACTERS))
                .put("stderr_bytes", result.stderr().totalBytes())
                .put("detail", result.detail());
        result.bootTime().ifPresent(time -> event.put("boot_ms", time.toMillis()));
        print(event);
    }

    @Override
    public void refused(ToolCall call, String reason) {
        print(event("refused").put("id", call.id()).put("reason", reason));
    }

    @Override
    public void ended(AgentResult result) {
        print(put(event("result").put("outcome", result.end().name()), result));
    }

    /** Adds the answer and the figures of a run to an object, which is returned. */
    public static ObjectNode put(ObjectNode object, AgentResult result) {
        object.put("answer", result.answer())
                .put("explanation", result.explanation())
                .put("iterations", result.stats().iterations())
                .put("tool_calls", result.stats().toolCalls())
                .put("prompt_tokens", result.stats().usage().prompt())
                .put("reply_tokens", result.stats().usage().reply())
                .put("total_ms", result.stats().total().toMillis());
        result.stats().loadTime().ifPresent(time -> object.put("model_load_ms", time.toMillis()));
        return object;
    }

    private static ObjectNode event(String name) {
        return JsonNodeFactory.instance.objectNode().put("event", name);
    }

    private void print(ObjectNode event) {
        out.print(event.toString());
    }
}
