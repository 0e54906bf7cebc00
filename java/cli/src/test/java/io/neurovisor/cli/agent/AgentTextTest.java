package io.neurovisor.cli.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.agent.loop.AgentEnd;
import io.neurovisor.agent.loop.AgentListener;
import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.AgentStats;
import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.loop.Excerpt;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.agent.model.Usage;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.trace.TraceId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class AgentTextTest {
    private static final TraceId TRACE = new TraceId(UUID.fromString("01941ab3-6d8c-7a2b-b4e1-9c1234567890"));
    private static final AgentTask TASK = new AgentTask(TRACE, "Calculate the first 10 fibonacci numbers");
    private static final String ARGUMENTS =
            "{\"language\": \"python\", \"code\": \"def fib(n):\\n    a, b = 0, 1\\n    for _ in range(n):\\n\"}";
    private static final ToolCall CALL = new ToolCall("a", "execute_code", ARGUMENTS);

    @Test
    void printsThePromisedLines() {
        assertThat(printed(listener -> {
                    listener.iteration(1, "qwen3");
                    listener.called(CALL);
                    listener.executed(CALL, request(), result(Outcome.COMPLETED, Optional.of(Duration.ofMillis(287))));
                    listener.iteration(2, "qwen3");
                    listener.ended(ended(AgentEnd.ANSWERED, "The first 10 Fibonacci numbers are: 0, 1", ""));
                }))
                .isEqualTo("""
                        Task: "Calculate the first 10 fibonacci numbers"
                        trace_id: 01941ab3-6d8c-7a2b-b4e1-9c1234567890

                        [Iteration 1] Calling qwen3...
                        [Tool Call] execute_code(python, "def fib(n):\\n    a, b = 0, 1...")
                        [Execution] VM booted in 287ms, exit_code=0, duration=45ms
                        [Iteration 2] Calling qwen3...

                        Result: The first 10 Fibonacci numbers are: 0, 1

                        Stats:
                          - Iterations: 2
                          - Tool calls: 1
                          - Model load time: 1250ms
                          - Total duration: 3.2s
                        """);
    }

    @Test
    void marksAPartialResult() {
        assertThat(printed(listener -> {
                    listener.executed(CALL, request(), result(Outcome.TIMED_OUT, Optional.empty()));
                    listener.ended(ended(AgentEnd.ITERATION_LIMIT, "half", "no answer after 2 iterations"));
                }))
                .contains("[Execution] exit_code=0, duration=45ms, outcome=timed_out\n")
                .contains("Partial result (no answer after 2 iterations): half\n");
    }

    @Test
    void modelTextCannotForgeLines() {
        assertThat(printed(listener -> {
                    listener.called(new ToolCall("a", "x\n[Execution] y", "\u001b[2J{\"code"));
                    listener.refused(CALL, "there is no tool \"x\n\"");
                    listener.ended(ended(AgentEnd.ANSWERED, "\u001b]0;title\u0007two\nlines", ""));
                }))
                .contains("[Tool Call] x [Execution] y(\" [2J{\\\"code\")\n")
                .contains("[Refused] there is no tool \"x \"\n")
                .contains("Result: ]0;titletwo\nlines\n")
                .doesNotContain("\u001b", "\u0007");
    }

    private static String printed(Consumer<AgentListener> run) {
        StringBuilder text = new StringBuilder();
        run.accept(new AgentText(line -> text.append(line).append('\n'), TASK));
        return text.toString();
    }

    private static CodeRequest request() {
        return new CodeRequest(TRACE, Language.PYTHON, "1");
    }

    private static CodeResult result(Outcome outcome, Optional<Duration> boot) {
        return new CodeResult(outcome, 0, Duration.ofMillis(45), Excerpt.EMPTY, Excerpt.EMPTY, boot, "");
    }

    private static AgentResult ended(AgentEnd end, String answer, String explanation) {
        AgentStats stats =
                new AgentStats(2, 1, Usage.NONE, Optional.of(Duration.ofMillis(1250)), Duration.ofMillis(3249));
        return new AgentResult(end, answer, explanation, stats, List.of());
    }
}
