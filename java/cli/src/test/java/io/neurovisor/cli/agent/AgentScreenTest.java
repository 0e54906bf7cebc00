package io.neurovisor.cli.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.agent.loop.AgentEnd;
import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.AgentStats;
import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.loop.Excerpt;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.agent.model.Usage;
import io.neurovisor.cli.screen.FakeTerminal;
import io.neurovisor.cli.screen.Screen;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.trace.TraceId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class AgentScreenTest {
    private static final TraceId TRACE = new TraceId(UUID.fromString("01941ab3-6d8c-7a2b-b4e1-9c1234567890"));
    private static final String HOSTILE = "x\u001b[2J\u001b]0;t\u0007\u009b1A\r\b\u202Ey";

    private final FakeTerminal terminal = new FakeTerminal();
    private final Screen screen = new Screen(terminal, () -> 24, () -> 0);

    @Test
    void showsARunAsItHappens() {
        AgentScreen shown = shown("Sum");
        ToolCall call = call("python", "print(42)\n");
        shown.iteration(1, "qwen3");
        assertThat(terminal.lines().getLast()).isEqualTo("⠋ qwen3 0.0 s");
        shown.called(call);
        assertThat(terminal.lines().getLast()).isEqualTo("⠋ running 0.0 s");
        shown.step("Building image full");
        assertThat(terminal.lines().getLast()).isEqualTo("⠋ Building image  0.0 s");
        shown.executed(call, new CodeRequest(TRACE, Language.PYTHON, "print(42)"), result("42\n", ""));
        shown.iteration(2, "qwen3");
        shown.text("It is ");
        shown.text("42.");
        shown.ended(ended(AgentEnd.ANSWERED, "It is 42."));
        shown.close();
        assertThat(terminal.lines())
                .containsExactly(
                        "Task: \"Sum\"",
                        "trace_id: " + TRACE,
                        "",
                        "[Iteration 1] Calling qwen3...",
                        "[Tool Call] execute_code",
                        "╭─ python ─────────────╮",
                        "│ print(42)            │",
                        "╰──────────────────────╯",
                        "[Execution] exit_code=0, duration=45ms",
                        "╭─ stdout ─────────────╮",
                        "│ 42                   │",
                        "╰──────────────────────╯",
                        "[Iteration 2] Calling qwen3...",
                        "It is 42.",
                        "",
                        "Stats:",
                        "  - Iterations: 2",
                        "  - Tool calls: 1",
                        "  - Total duration: 3.2s",
                        "");
        assertThat(terminal.raw()).contains("\u001b[33m").doesNotContain("\u001b[?25l");
    }

    @Test
    void printsAnAnswerThatWasNotStreamed() {
        AgentScreen shown = shown("Sum");
        shown.text("<think>hm</think>It is 42.");
        shown.ended(ended(AgentEnd.ANSWERED, "It is 42."));
        assertThat(terminal.lines()).contains("Result: It is 42.");
        shown.ended(ended(AgentEnd.CANCELLED, "half"));
        assertThat(terminal.lines()).contains("Partial result (why): half");
    }

    @Test
    void untrustedTextCannotMoveTheCursor() {
        AgentScreen shown = shown(HOSTILE);
        ToolCall call = call(HOSTILE, "print('" + HOSTILE + "')");
        shown.iteration(1, "qwen3");
        shown.text(HOSTILE);
        shown.retry(HOSTILE);
        shown.called(new ToolCall(HOSTILE, HOSTILE, HOSTILE));
        shown.called(call);
        shown.called(call("python", HOSTILE));
        shown.refused(call, HOSTILE);
        shown.executed(call, new CodeRequest(TRACE, Language.BASH, "x"), result(HOSTILE, HOSTILE));
        shown.step(HOSTILE);
        shown.ended(ended(AgentEnd.ANSWERED, HOSTILE));
        shown.close();
        // The fake terminal fails the test at any other control sequence than colours and those of the spinner.
        assertThat(terminal.raw()).doesNotContain("\u202E", "\u009b", "\b");
        assertThat(terminal.lines()).allSatisfy(line -> assertThat(line).doesNotStartWith("y"));
    }

    private AgentScreen shown(String task) {
        return new AgentScreen(screen, () -> {}, new AgentTask(TRACE, task), new NamedModel());
    }

    private static ToolCall call(String language, String code) {
        return new ToolCall(
                "a",
                "execute_code",
                com.fasterxml.jackson.databind.node.JsonNodeFactory.instance
                        .objectNode()
                        .put("language", language)
                        .put("code", code)
                        .toString());
    }

    private static CodeResult result(String stdout, String stderr) {
        return new CodeResult(
                Outcome.COMPLETED,
                0,
                Duration.ofMillis(45),
                Excerpt.of(stdout),
                Excerpt.of(stderr),
                Optional.empty(),
                "");
    }

    private static AgentResult ended(AgentEnd end, String answer) {
        AgentStats stats = new AgentStats(2, 1, Usage.NONE, Optional.empty(), Duration.ofMillis(3249));
        return new AgentResult(end, answer, "why", stats, List.of());
    }
}
