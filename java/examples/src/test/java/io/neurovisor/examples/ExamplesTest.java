package io.neurovisor.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.agent.loop.AgentLimits;
import io.neurovisor.agent.loop.AgentRun;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.loop.Excerpt;
import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelReply;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.ReplyListener;
import io.neurovisor.agent.model.ServerTimes;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.agent.model.Usage;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Outcome;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The examples detect broken promises. */
final class ExamplesTest {
    private static final String PRIMES = IntStream.range(2, 100)
            .filter(number -> IntStream.range(2, number).noneMatch(divisor -> number % divisor == 0))
            .boxed()
            .toList()
            .toString();
    private static final ServerTimes FAST =
            new ServerTimes(Optional.empty(), Optional.empty(), Optional.of(Duration.ofNanos(9)), Optional.empty());

    private final StringWriter printed = new StringWriter();

    @Test
    void primesHoldIfAProgramPrintsThem() {
        assertThat(primes("Primes under 100: " + PRIMES, 0)).isTrue();
        assertThat(primes(PRIMES.replace("97", "99"), 0)).isFalse();
        assertThat(primes(PRIMES, 1)).isFalse();
        assertThat(primes("", 0)).isFalse();
        // The list of all numbers also contains the primes.
        assertThat(primes(IntStream.range(0, 100).boxed().toList() + PRIMES, 0)).isFalse();
    }

    @Test
    void latencyHoldsIfWordsAreStreamed() {
        assertThat(latency(List.of("one\n", "two"), 4, FAST)).isTrue();
        assertThat(printed.toString()).contains("time to first token", "tokens/s", "writing 0 ms");
        assertThat(latency(List.of("one two"), 4, FAST)).isFalse();
        assertThat(latency(List.of("one", "two"), 0, FAST)).isFalse();
        ServerTimes slow =
                new ServerTimes(Optional.empty(), Optional.empty(), Optional.of(Duration.ofHours(1)), Optional.empty());
        assertThat(latency(List.of("one", "two"), 4, slow)).isFalse();
    }

    @Test
    void documentListsEveryExample() throws IOException {
        String page = Files.readString(Path.of(System.getProperty("neurovisor.home"), "docs/examples.md"));
        assertThat(Examples.ALL)
                .allSatisfy(example -> assertThat(page).contains("| `" + example.name() + "` | " + example.promise()));
    }

    private boolean primes(String stdout, int exitCode) {
        Model model = new ScriptedModel() {
            @Override
            public ModelReply ask(ModelRequest request, ReplyListener listener) {
                return request.messages().getLast() instanceof Message.ToolResult
                        ? ModelReply.of("Those are they.\u001b[2J")
                        : new ModelReply(
                                "",
                                List.of(new ToolCall(
                                        "a", "execute_code", "{\"language\": \"python\", \"code\": \"print(1)\"}")),
                                Usage.NONE,
                                false,
                                ServerTimes.NONE);
            }
        };
        AgentRun agent = new AgentRun(
                model,
                _ -> new CodeResult(
                        Outcome.COMPLETED,
                        exitCode,
                        Duration.ZERO,
                        Excerpt.of(stdout),
                        Excerpt.EMPTY,
                        Optional.empty(),
                        ""),
                AgentLimits.USUAL);
        boolean held = held(Examples.named("agent_primes").orElseThrow(), model, agent);
        assertThat(printed.toString()).doesNotContain("\u001b");
        return held;
    }

    private boolean latency(List<String> pieces, int tokens, ServerTimes times) {
        Model model = new ScriptedModel() {
            @Override
            public ModelReply ask(ModelRequest request, ReplyListener listener) {
                assertThat(request.tool()).isEmpty();
                pieces.forEach(listener::text);
                return new ModelReply(String.join("", pieces), List.of(), new Usage(9, tokens), false, times);
            }
        };
        return held(
                Examples.named("streaming_latency").orElseThrow(),
                model,
                new AgentRun(
                        model,
                        _ -> {
                            throw new AssertionError("no program is wanted");
                        },
                        AgentLimits.USUAL));
    }

    private boolean held(Example example, Model model, AgentRun agent) {
        ExampleRun run = new ExampleRun(
                new ExampleRun.Provided(Optional.empty(), Optional.of(model), Optional.of(agent), Optional.empty()),
                SandboxSize.SMALL,
                new PrintWriter(printed));
        example.demonstration().accept(run);
        return run.isHeld();
    }
}
