package io.neurovisor.agent.loop;

import static io.neurovisor.agent.loop.ScriptedModel.calls;
import static io.neurovisor.agent.loop.ScriptedModel.fails;
import static io.neurovisor.agent.loop.ScriptedModel.says;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.agent.model.CodeTool;
import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.ModelImage;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.interpreter.CellDisplay;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.trace.TraceId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
final class AgentRunTest {
    private static final AgentTask TASK = new AgentTask(new TraceId(UUID.randomUUID()), "Say six times seven.");

    /** Returns the code as stdout. */
    private static final CodeRunner ECHO = request -> completed(request.code());

    @Test
    void executesACallAndReturnsItsResultToTheModel() {
        ScriptedModel model = ScriptedModel.of(calls("python:print(6*7)"), says("It is 42."));
        AgentResult result = run(model, request -> completed("42\n"), AgentLimits.USUAL);
        assertThat(result.end()).isEqualTo(AgentEnd.ANSWERED);
        assertThat(result.answer()).isEqualTo("It is 42.");
        assertThat(result.stats().iterations()).isEqualTo(2);
        assertThat(result.stats().toolCalls()).isEqualTo(1);
        assertThat(result.stats().usage().total()).isEqualTo(220);
        assertThat(result.stats().loadTime()).contains(Duration.ofMillis(1250));
        assertThat(lastMessage(model, 1).text()).isEqualTo("exit_code: 0\nduration: 45 ms\nstdout:\n42");
        assertThat(model.requests().get(1).messages())
                .extracting(message -> message.getClass().getSimpleName())
                .containsExactly("Instruction", "User", "Assistant", "ToolResult");
    }

    @Test
    void executesACallWrittenAsText() {
        ScriptedModel model = ScriptedModel.of(
                says("<think>hm</think>```json\n{\"name\": \"execute_code\", \"arguments\": {\"language\": \"bash\","
                        + " \"code\": \"echo 1\"}}\n```"),
                says("<think>good</think>One."));
        AgentResult result = run(model, ECHO, AgentLimits.USUAL);
        assertThat(result.stats().toolCalls()).isEqualTo(1);
        assertThat(result.answer()).isEqualTo("One.");
    }

    @Test
    void acceptsAJsonAnswer() {
        String json = "{\"language\": \"python\", \"code\": \"print(1)\", \"name\": \"x\"}";
        AgentResult result = run(ScriptedModel.of(says(json)), ECHO, AgentLimits.USUAL);
        assertThat(result.stats().toolCalls()).isZero();
        assertThat(result.answer()).isEqualTo(json);
    }

    @Test
    void reportsParallelCallsInOrder() {
        CyclicBarrier together = new CyclicBarrier(3);
        CountDownLatch lastIsDone = new CountDownLatch(1);
        CodeRunner runner = request -> {
            awaitUnchecked(() -> together.await(30, TimeUnit.SECONDS));
            if (request.code().equals("3")) {
                lastIsDone.countDown();
            } else {
                awaitUnchecked(() -> lastIsDone.await(30, TimeUnit.SECONDS));
            }
            return completed(request.code());
        };
        ScriptedModel model = ScriptedModel.of(calls("python:1", "python:2", "python:3"), says("done"));
        List<String> heard = new ArrayList<>();
        AgentListener listener = new AgentListener() {
            @Override
            public void executed(ToolCall call, CodeRequest request, CodeResult result) {
                heard.add(request.code());
            }
        };
        AgentResult result = new AgentRun(model, runner, AgentLimits.USUAL).run(TASK, listener);
        assertThat(result.end()).isEqualTo(AgentEnd.ANSWERED);
        assertThat(heard).containsExactly("1", "2", "3");
        assertThat(model.requests().get(1).messages().stream()
                        .filter(Message.ToolResult.class::isInstance)
                        .map(message -> ((Message.ToolResult) message).call().id()))
                .containsExactly("call_0", "call_1", "call_2");
    }

    @Test
    void limitsParallelCalls() {
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CodeRunner runner = request -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            Thread.onSpinWait();
            running.decrementAndGet();
            return completed("");
        };
        String[] programs = new String[40];
        Arrays.fill(programs, "bash:true");
        AgentLimits limits = new AgentLimits(10, 1000, 100, 2, Duration.ofMinutes(1), 100);
        assertThat(run(ScriptedModel.of(calls(programs), says("ok")), runner, limits)
                        .end())
                .isEqualTo(AgentEnd.ANSWERED);
        assertThat(most).hasValueLessThanOrEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sort_list|{\"list\": [1]}|there is no tool \"sort_list\"; the only one is execute_code",
                "execute_code|{\"language\": \"python\", \"code\": \"  \"}|argument \"code\" is missing or empty",
                "execute_code|{\"language\": \"python\", \"code\": 5}|argument \"code\" is missing or empty",
                "execute_code|{\"code\": \"1\"}|argument \"language\" is missing; use one of python, bash",
                "execute_code|{\"language\": \"cobol\", \"code\": \"1\"}|language \"cobol\" is not known; use one of",
                "execute_code|{\"language\": \"python\", \"code\": \"a\\u0000b\"}|code holds a NUL byte",
                "execute_code|{\"language\": \"pyth|the arguments are not a JSON object",
                "''|do it|the tool call could not be read",
            })
    void reportsInvalidCallsToTheModel(String name, String arguments, String expected) {
        ScriptedModel model = ScriptedModel.of(calls(new ToolCall("a", name, arguments)), says("sorry"));
        AgentResult result = run(
                model,
                request -> {
                    throw new AssertionError("nothing is to be run");
                },
                AgentLimits.USUAL);
        assertThat(result.end()).isEqualTo(AgentEnd.ANSWERED);
        assertThat(lastMessage(model, 1).text()).startsWith("error: ").contains(expected);
    }

    @Test
    void stopsAtTheIterationLimitWithThePartialResult() {
        AgentLimits limits = new AgentLimits(3, 100_000, 100, 2, Duration.ofMinutes(1), 100);
        ScriptedModel model = ScriptedModel.of(calls("python:1"));
        AgentResult result = run(model, request -> completed("partial\n"), limits);
        assertThat(result.end()).isEqualTo(AgentEnd.ITERATION_LIMIT);
        assertThat(result.answer()).isEqualTo("partial");
        assertThat(result.explanation()).contains("no answer after 3 iterations");
        assertThat(model.requests()).hasSize(3);
        assertThat(result.stats().toolCalls()).isEqualTo(3);
    }

    @Test
    void pointsOutAnEmptyReplyToTheModel() {
        ScriptedModel model = ScriptedModel.of(says("<think>hm</think>"), says("42"));
        AgentResult result = run(model, ECHO, AgentLimits.USUAL);
        assertThat(result.answer()).isEqualTo("42");
        assertThat(model.requests().get(1).messages().getLast()).isEqualTo(new Message.User(Instructions.NOTHING_SAID));
    }

    @ParameterizedTest
    @EnumSource(ModelFailure.Reason.class)
    void aFailureOfTheModelIsAResult(ModelFailure.Reason reason) {
        AgentResult result = run(ScriptedModel.of(calls("python:1"), fails(reason)), ECHO, AgentLimits.USUAL);
        assertThat(result.end())
                .isEqualTo(
                        switch (reason) {
                            case CANCELLED -> AgentEnd.CANCELLED;
                            case OUT_OF_TIME -> AgentEnd.TIME_LIMIT;
                            default -> AgentEnd.MODEL_FAILED;
                        });
        assertThat(result.answer()).isEqualTo("1");
        assertThat(result.explanation()).isNotEmpty();
    }

    @Test
    void keepsThePartOfAnInterruptedReply() {
        List<Message> said = new ArrayList<>();
        AgentListener listener = new AgentListener() {
            @Override
            public void said(Message message) {
                said.add(message);
            }
        };
        ScriptedModel model = ScriptedModel.of(fails(
                "<think>so</think>The first primes are 2 and\n```json\n{\"name\": \"execute_code\", \"argum",
                ModelFailure.Reason.CANCELLED));
        AgentResult result = new AgentRun(model, ECHO, AgentLimits.USUAL).run(TASK, listener);
        assertThat(result.end()).isEqualTo(AgentEnd.CANCELLED);
        assertThat(result.answer()).startsWith("The first primes are 2 and");
        assertThat(result.messages()).isEqualTo(said).hasSize(2);
        assertThat(said.getLast()).isInstanceOfSatisfying(Message.Assistant.class, message -> {
            assertThat(message.text()).startsWith("The first primes");
            assertThat(message.calls()).isEmpty();
        });
    }

    @Test
    void tracesEveryRequest() {
        ScriptedModel model = ScriptedModel.of(calls("python:1"), says("42"));
        run(model, ECHO, AgentLimits.USUAL);
        assertThat(model.requests()).extracting(ModelRequest::traceId).containsOnly(Optional.of(TASK.traceId()));
    }

    @Test
    void endsWithoutAMachine() {
        CodeRunner runner = request -> {
            throw new NeuroVisorException(Fault.POOL_EXHAUSTED, "no machine within 30 s");
        };
        AgentResult result = run(ScriptedModel.of(calls("python:1"), says("never")), runner, AgentLimits.USUAL);
        assertThat(result.end()).isEqualTo(AgentEnd.SANDBOX_FAILED);
        assertThat(result.explanation()).isEqualTo("no machine within 30 s");
        assertThat(result.messages().getLast()).isInstanceOf(Message.ToolResult.class);
    }

    @Test
    void reportsADeadMachineToTheModel() {
        CodeRunner runner = request -> new CodeResult(
                Outcome.SANDBOX_DIED,
                137,
                Duration.ofMillis(9),
                Excerpt.EMPTY,
                Excerpt.EMPTY,
                Optional.empty(),
                "QEMU ended");
        ScriptedModel model = ScriptedModel.of(calls("python:1"), says("It died."));
        assertThat(run(model, runner, AgentLimits.USUAL).end()).isEqualTo(AgentEnd.ANSWERED);
        assertThat(lastMessage(model, 1).text()).contains("exit_code: 137", "outcome: sandbox died (QEMU ended)");
    }

    @Test
    void interruptEndsAllProgramsBeforeReturning() throws Exception {
        CountDownLatch running = new CountDownLatch(3);
        AtomicInteger ended = new AtomicInteger();
        CodeRunner runner = request -> {
            running.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException exception) {
                ended.incrementAndGet();
            }
            return completed("");
        };
        ScriptedModel model = ScriptedModel.of(calls("bash:1", "bash:2", "bash:3"));
        CompletableFuture<AgentResult> result = new CompletableFuture<>();
        Thread thread = Thread.ofPlatform().start(() -> result.complete(run(model, runner, AgentLimits.USUAL)));
        assertThat(running.await(30, TimeUnit.SECONDS)).isTrue();
        thread.interrupt();
        assertThat(result.get(30, TimeUnit.SECONDS).end()).isEqualTo(AgentEnd.CANCELLED);
        assertThat(ended).hasValue(3);
        assertThat(model.requests()).hasSize(1);
    }

    @Test
    void interruptBeforeTheStartCancelsTheRun() {
        Thread.currentThread().interrupt();
        ScriptedModel model = ScriptedModel.of(says("x"));
        assertThat(run(model, ECHO, AgentLimits.USUAL).end()).isEqualTo(AgentEnd.CANCELLED);
        assertThat(Thread.interrupted()).isFalse();
        assertThat(model.requests()).isEmpty();
    }

    @Test
    void endsAtTheTimeLimit() {
        CodeRunner runner = request -> {
            awaitUnchecked(() -> new CountDownLatch(1).await(30, TimeUnit.SECONDS));
            return completed("");
        };
        AgentLimits limits = new AgentLimits(3, 1000, 10, 2, Duration.ofMillis(300), 100);
        assertThat(run(ScriptedModel.of(calls("bash:1")), runner, limits).end()).isEqualTo(AgentEnd.TIME_LIMIT);
    }

    @Test
    void continuesAConversation() {
        AgentResult first = run(ScriptedModel.of(says("It is 42.")), ECHO, AgentLimits.USUAL);
        ScriptedModel model = ScriptedModel.of(says("84"));
        new AgentRun(model, ECHO, AgentLimits.USUAL)
                .run(new AgentTask(TASK.traceId(), "Twice that?", first.messages()), AgentListener.NONE);
        assertThat(model.requests().getFirst().messages())
                .extracting(Message::length)
                .hasSize(4);
    }

    @Test
    void cellsRunInTheOrderOfTheirCallsOneAfterTheOther() {
        List<String> begun = new ArrayList<>();
        CodeRunner runner = cells(request -> {
            begun.add(request.code());
            return completed("");
        });
        String[] programs = new String[20];
        Arrays.setAll(programs, index -> "python:" + index);
        ScriptedModel model = ScriptedModel.of(calls(programs), says("done"));
        assertThat(run(model, runner, AgentLimits.USUAL).end()).isEqualTo(AgentEnd.ANSWERED);
        // A list that threads changed at the same time would have lost some.
        assertThat(begun)
                .containsExactlyElementsOf(
                        IntStream.range(0, 20).mapToObj(Integer::toString).toList());
    }

    @Test
    void aModelReadsWhatTheToolDoes() {
        ScriptedModel model = ScriptedModel.of(calls("go:package main"), says("done"));
        AgentResult result = run(model, cells(ECHO), AgentLimits.USUAL);
        assertThat(result.stats().toolCalls()).isEqualTo(1);
        assertThat(model.requests())
                .allSatisfy(request -> assertThat(request.tool()).contains(CodeTool.CELL));
        assertThat(((Message.Instruction) model.requests().getFirst().messages().getFirst()).text())
                .contains(CodeTool.CELL.description(), "python, javascript, bash.");
        assertThat(lastMessage(model, 1).text())
                .isEqualTo("error: language \"go\" has no interpreter; use one of python, javascript, bash");
    }

    @Test
    void plotsAreDescribedAndShownToAModelWithVision() {
        CellDisplay plot = display(Map.of(
                "text/plain",
                "<Figure>",
                "image/png",
                "pixels",
                "application/vnd.neurovisor.chart+json",
                "{\"type\":1}"));
        CodeRunner runner = cells(_ -> result(plot));
        ScriptedModel blind = ScriptedModel.of(calls("python:plot()"), says("done"));
        run(blind, runner, AgentLimits.USUAL);
        assertThat(lastMessage(blind, 1).images()).isEmpty();
        assertThat(lastMessage(blind, 1).text())
                .contains("image/png of 6 bytes", "chart: {\"type\":1}")
                .doesNotContain("pixels");
        ScriptedModel seeing =
                ScriptedModel.of(calls("python:plot()"), says("done")).withVision();
        run(seeing, runner, AgentLimits.USUAL);
        assertThat(lastMessage(seeing, 1).images()).containsExactly(new ModelImage("image/png", "cGl4ZWxz"));
        assertThat(lastMessage(seeing, 1).text())
                .isEqualTo(lastMessage(blind, 1).text());
    }

    @Test
    void imagesOfAConversationAreLimited() {
        CellDisplay plot = display(Map.of("image/png", "pixels"));
        CellDisplay huge = display(Map.of("image/png", "x".repeat((1 << 20) + 1)));
        CodeRunner runner = cells(_ -> result(plot, huge, plot, plot, plot, plot));
        ScriptedModel model = ScriptedModel.of(
                        calls("python:1"), calls("python:2"), calls("python:3"), calls("python:4"), says("done"))
                .withVision();
        run(model, runner, AgentLimits.USUAL);
        assertThat(model.requests().getLast().messages().stream()
                        .filter(Message.ToolResult.class::isInstance)
                        .map(message -> ((Message.ToolResult) message).images().size()))
                .containsExactly(0, 0, 4, 4);
    }

    private static CodeRunner cells(CodeRunner runner) {
        return new CodeRunner() {
            @Override
            public CodeResult run(CodeRequest request) {
                return runner.run(request);
            }

            @Override
            public CodeTool tool() {
                return CodeTool.CELL;
            }
        };
    }

    private static CellDisplay display(Map<String, String> texts) {
        Map<String, ByteBuffer> parts = new TreeMap<>();
        texts.forEach((type, text) -> parts.put(type, StandardCharsets.UTF_8.encode(text)));
        return new CellDisplay(parts, "", false, true);
    }

    private static CodeResult result(CellDisplay... displays) {
        return new CodeResult(
                Outcome.COMPLETED,
                0,
                Duration.ofMillis(45),
                Excerpt.EMPTY,
                Excerpt.EMPTY,
                Optional.empty(),
                "",
                List.of(displays));
    }

    private static AgentResult run(ScriptedModel model, CodeRunner runner, AgentLimits limits) {
        return new AgentRun(model, runner, limits).run(TASK, AgentListener.NONE);
    }

    private static Message.ToolResult lastMessage(ScriptedModel model, int request) {
        return (Message.ToolResult) model.requests().get(request).messages().getLast();
    }

    private static CodeResult completed(String stdout) {
        return new CodeResult(
                Outcome.COMPLETED, 0, Duration.ofMillis(45), Excerpt.of(stdout), Excerpt.EMPTY, Optional.empty(), "");
    }

    private interface Waiting {
        void run() throws Exception;
    }

    private static void awaitUnchecked(Waiting waiting) {
        try {
            waiting.run();
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        } catch (Exception exception) {
            throw new AssertionError(exception);
        }
    }
}
