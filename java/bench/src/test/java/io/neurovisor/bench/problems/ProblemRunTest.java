package io.neurovisor.bench.problems;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.neurovisor.agent.loop.AgentLimits;
import io.neurovisor.agent.loop.AgentRun;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.loop.Excerpt;
import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.ModelReply;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.ReplyListener;
import io.neurovisor.agent.model.ServerTimes;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.agent.model.Usage;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.trace.TraceId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class ProblemRunTest {
    private static final String ARGUMENTS = "{\"language\": \"python\", \"code\": \"print(1)\"}";

    @Test
    void countsOnlyRightAnswersWithAProgram() {
        ProblemReport report = bench(
                List.of(problem("right"), problem("wrong"), problem("guessed"), problem("endless"), problem("last")),
                5);
        assertThat(report.attempts()).hasSize(5);
        assertThat(report.solved()).isEqualTo(2);
        JsonNode json = report.json();
        assertThat(json.path("problems").asInt()).isEqualTo(5);
        assertThat(json.path("success_rate").asDouble()).isEqualTo(0.4);
        assertThat(json.path("iterations").asInt()).isEqualTo(2 + 2 + 1 + 3 + 2);
        assertThat(json.path("tool_calls").asInt()).isEqualTo(1 + 1 + 3 + 1);
        assertThat(json.path("prompt_tokens").asInt()).isEqualTo(100 * 10);
        assertThat(json.path("attempts").findValuesAsText("outcome"))
                .containsExactly("ANSWERED", "ANSWERED", "ANSWERED", "ITERATION_LIMIT", "ANSWERED");
        assertThat(report.summary()).contains("scripted solved 2 of 5 (40 %): 10 iterations, 6 tool calls");
        assertThat(report.attempts()).extracting(ProblemReport::line).anyMatch(line -> line.contains("no program"));
    }

    @Test
    void stopsWhenTheModelFails() {
        ProblemReport report = bench(List.of(problem("right"), problem("gone"), problem("never")), 3);
        assertThat(report.attempts()).hasSize(2);
        assertThat(report.json().path("success_rate").asDouble()).isEqualTo(1 / 3.0);
    }

    private static Problem problem(String name) {
        return new Problem(name, name, "42");
    }

    private static ProblemReport bench(List<Problem> problems, int asked) {
        AgentLimits limits = new AgentLimits(3, 10_000, 10, 1, Duration.ofMinutes(1), 100);
        AgentRun agent = new AgentRun(
                new Scripted(),
                _ -> new CodeResult(
                        Outcome.COMPLETED, 0, Duration.ZERO, Excerpt.EMPTY, Excerpt.EMPTY, Optional.empty(), ""),
                limits);
        List<Attempt> heard = new ArrayList<>();
        List<Attempt> attempts = new ProblemRun(agent, () -> new TraceId(UUID.randomUUID())).run(problems, heard::add);
        assertThat(heard).isEqualTo(attempts);
        return new ProblemReport("scripted", asked, attempts);
    }

    /** A model that replies according to the name of the task. */
    private static final class Scripted extends ScriptedModel {
        @Override
        public ModelReply ask(ModelRequest request, ReplyListener listener) {
            String task = request.messages().stream()
                    .filter(Message.User.class::isInstance)
                    .map(message -> ((Message.User) message).text())
                    .findFirst()
                    .orElseThrow();
            boolean hasResult = request.messages().getLast() instanceof Message.ToolResult;
            return switch (task) {
                case "gone" -> throw new ModelFailure(ModelFailure.Reason.UNREACHABLE, "gone");
                case "guessed" -> says("42");
                case "endless" -> calls();
                case "wrong" -> hasResult ? says("43") : calls();
                default -> hasResult ? says("It is 42.") : calls();
            };
        }

        private static ModelReply says(String text) {
            return new ModelReply(text, List.of(), new Usage(100, 10), false, ServerTimes.NONE);
        }

        private static ModelReply calls() {
            return new ModelReply(
                    "",
                    List.of(new ToolCall("a", "execute_code", ARGUMENTS)),
                    new Usage(100, 10),
                    false,
                    ServerTimes.NONE);
        }
    }
}
