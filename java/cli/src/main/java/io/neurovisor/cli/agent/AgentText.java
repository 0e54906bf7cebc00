package io.neurovisor.cli.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.neurovisor.agent.calls.CallArguments;
import io.neurovisor.agent.loop.AgentEnd;
import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.cli.console.Lines;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.text.UntrustedText;
import java.util.Locale;

/** Prints a run as plain lines, which scripts can read. */
public final class AgentText implements AgentOutput {
    /** The limit for the preview of a program, which has at most two lines. */
    private static final int SHOWN_LINES = 2;

    private static final int SHOWN_CHARACTERS = 60;

    private final Lines out;

    public AgentText(Lines out, AgentTask task) {
        this.out = out;
        print("Task: \"" + UntrustedText.line(task.text()) + "\"");
        print("trace_id: " + task.traceId());
        print("");
    }

    @Override
    public void iteration(int number, String model) {
        print("[Iteration " + number + "] Calling " + model + "...");
    }

    @Override
    public void retry(String reason) {
        print("[Retry] " + UntrustedText.line(reason));
    }

    @Override
    public void called(ToolCall call) {
        JsonNode arguments = CallArguments.read(call.arguments())
                .orElse(com.fasterxml.jackson.databind.node.MissingNode.getInstance());
        String shown = arguments.path("code").isTextual()
                ? arguments.path("language").asText("?") + ", \""
                        + preview(arguments.path("code").asText()) + "\""
                : "\"" + preview(call.arguments()) + "\"";
        print("[Tool Call] " + (call.name().isEmpty() ? "?" : UntrustedText.line(call.name())) + "("
                + UntrustedText.line(shown) + ")");
    }

    @Override
    public void executed(ToolCall call, CodeRequest request, CodeResult result) {
        String boot = result.bootTime()
                .map(time -> "VM booted in " + time.toMillis() + "ms, ")
                .orElse("");
        String outcome = result.outcome() == Outcome.COMPLETED
                ? ""
                : ", outcome=" + result.outcome().name().toLowerCase(Locale.ROOT);
        print("[Execution] " + boot + "exit_code=" + result.exitCode() + ", duration="
                + result.duration().toMillis() + "ms" + outcome);
    }

    @Override
    public void refused(ToolCall call, String reason) {
        print("[Refused] " + UntrustedText.line(reason));
    }

    @Override
    public void ended(AgentResult result) {
        print("");
        if (result.end() == AgentEnd.ANSWERED) {
            print("Result: " + UntrustedText.lines(result.answer()));
        } else {
            print("Partial result (" + UntrustedText.line(result.explanation()) + "): "
                    + UntrustedText.lines(result.answer()));
        }
        stats(result);
    }

    void stats(AgentResult result) {
        print("");
        print("Stats:");
        print("  - Iterations: " + result.stats().iterations());
        print("  - Tool calls: " + result.stats().toolCalls());
        result.stats().loadTime().ifPresent(time -> print("  - Model load time: " + time.toMillis() + "ms"));
        print(String.format(
                Locale.ROOT, "  - Total duration: %.1fs", result.stats().total().toMillis() / 1000.0));
    }

    private void print(String line) {
        out.print(line);
    }

    /** Returns the beginning of a program as a string literal on one line. */
    private static String preview(String code) {
        int end = 0;
        for (int line = 0; line < SHOWN_LINES && end >= 0; line++) {
            end = code.indexOf('\n', end + (line == 0 ? 0 : 1));
        }
        int length = Math.min(end < 0 ? code.length() : end, SHOWN_CHARACTERS);
        String shown = code.substring(0, length)
                .replace("\\", "\\\\")
                .replace("\"", "\\\"")
                .replace("\n", "\\n")
                .replace("\t", "\\t");
        return code.substring(length).isBlank() ? shown : shown + "...";
    }
}
