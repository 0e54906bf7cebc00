package io.neurovisor.agent.provider;

import static io.neurovisor.testkit.FakeServer.chunked;
import static io.neurovisor.testkit.FakeServer.cut;
import static io.neurovisor.testkit.FakeServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.neurovisor.agent.model.AnswerSchema;
import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.ModelFailure.Reason;
import io.neurovisor.agent.model.ModelReply;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.ReplyListener;
import io.neurovisor.agent.model.Sampling;
import io.neurovisor.agent.model.ServerTimes;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.agent.model.Usage;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.testkit.FakeServer;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests both protocols against servers that send valid and invalid bytes. */
@Timeout(120)
final class ModelServersTest {
    private static final ServerConnection.ReadTimeouts PATIENT =
            new ServerConnection.ReadTimeouts(Duration.ofSeconds(60), Duration.ofSeconds(60));

    /** For a server that accepts connections and then is silent. */
    private static final ServerConnection.ReadTimeouts HASTY =
            new ServerConnection.ReadTimeouts(Duration.ofSeconds(60), Duration.ofMillis(300));

    private static final String CODE = "print(\"é {1}\")\n";

    private FakeServer server;

    @BeforeEach
    void start() throws IOException {
        server = new FakeServer()
                .on("/api/version", json(200, "{\"version\": \"0.17.4\"}"))
                .on(
                        "/api/show",
                        json(
                                200,
                                "{\"capabilities\": [\"completion\", \"tools\"], \"model_info\":"
                                        + " {\"q.context_length\": 4096}}"))
                .on("/v1/models", json(200, "{\"data\": [{\"id\": \"m\", \"max_model_len\": 4096}]}"));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void aReplyIsTheSameWhereverItsBytesAreSplit(Wire wire) {
        Model model = open(wire);
        for (int position = 0; position <= wire.bytes().length; position++) {
            server.on(
                    wire.path(),
                    chunked(
                            Arrays.copyOfRange(wire.bytes(), 0, position),
                            Arrays.copyOfRange(wire.bytes(), position, wire.bytes().length)));
            check(wire, model);
        }
        byte[][] single = new byte[wire.bytes().length][];
        for (int index = 0; index < single.length; index++) {
            single[index] = new byte[] {wire.bytes()[index]};
        }
        server.on(wire.path(), chunked(single));
        check(wire, model);
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void sendsConversationWithToolsToTheServer(Wire wire) {
        server.on(wire.path(), chunked(wire.bytes()));
        ToolCall call = new ToolCall("call_a", "execute_code", "{\"language\": \"python\", \"code\": \"1\"}");
        ToolCall broken = new ToolCall("call_b", "execute_code", "{\"language");
        open(wire)
                .ask(
                        request(
                                new Message.Instruction("Be good."),
                                new Message.User("Task"),
                                new Message.Assistant("", List.of(call)),
                                new Message.ToolResult(call, "exit_code: 0"),
                                new Message.Assistant("", List.of(broken)),
                                new Message.ToolResult(broken, "error: unreadable")),
                        ReplyListener.NONE);
        String body = server.requests().getLast().body();
        assertThat(body)
                .contains(
                        "Be good.",
                        "Task",
                        "execute_code",
                        "exit_code: 0",
                        "error: unreadable",
                        "\"tools\"",
                        "\"stream\"");
        assertThat(body.replaceAll("\\s", "")).contains("\"stream\":true", "\"role\":\"tool\"");
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void theSchemaOfAnAnswerReachesTheServerInsteadOfTools(Wire wire) {
        server.on(wire.path(), chunked(wire.bytes()));
        AnswerSchema schema =
                new AnswerSchema("{\"type\": \"object\", \"properties\": {\"sum\": {\"type\": \"integer\"}}}");
        open(wire).ask(request(new Message.User("x")).answeredBy(schema), ReplyListener.NONE);
        String body = server.requests().getLast().body().replaceAll("\\s", "");
        assertThat(body)
                .contains(wire == Wire.OLLAMA ? "\"format\":{" : "\"response_format\":{\"type\":\"json_schema\"")
                .contains("\"properties\":{\"sum\":{\"type\":\"integer\"}}")
                .doesNotContain("execute_code");
    }

    @Test
    void rejectsInvalidSchemas() {
        for (String text : List.of("", "{", "[]", "\"object\"")) {
            assertThatThrownBy(() -> new AnswerSchema(text)).hasMessageContaining("not a JSON object");
        }
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void sendsTraceparentToTheServer(Wire wire) {
        server.on(wire.path(), chunked(wire.bytes()));
        TraceId traceId = new TraceId(UUID.fromString("01941ab3-6d8c-7a2b-b4e1-9c1234567890"));
        Model model = open(wire);
        model.ask(request(new Message.User("x")).tracedBy(traceId).withoutTools(), ReplyListener.NONE);
        FakeServer.Request traced = server.requests().getLast();
        assertThat(traced.head())
                .containsPattern("(?i)\r\ntraceparent: 00-01941ab36d8c7a2bb4e19c1234567890-[0-9a-f]{16}-01\r\n")
                .doesNotContain("-0000000000000000-");
        assertThat(traced.body()).doesNotContain("execute_code");
        ask(model);
        assertThat(server.requests().getLast().head()).doesNotContain("traceparent");
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void sendsSamplingParametersOnlyIfSet(Wire wire) {
        server.on(wire.path(), chunked(wire.bytes()));
        Model model = open(wire);
        model.ask(
                request(new Message.User("x")).sampledBy(new Sampling(Optional.of(0.0), Optional.of(7))),
                ReplyListener.NONE);
        assertThat(server.requests().getLast().body().replaceAll("\\s", ""))
                .containsPattern("\"temperature\":0(\\.0)?[,}]")
                .containsPattern("\"(num_predict|max_tokens|max_completion_tokens)\":7[,}]");
        ask(model);
        assertThat(server.requests().getLast().body())
                .doesNotContain("temperature", "num_predict", "max_tokens", "max_completion_tokens");
    }

    @Test
    void sendsKeepAliveOnlyIfSet() {
        server.on("/api/chat", chunked(Wire.OLLAMA.bytes()));
        ask(open(Wire.OLLAMA));
        assertThat(server.requests().getLast().body()).doesNotContain("keep_alive");
        ask(ModelServers.open(choice(
                ProviderChoice.OLLAMA, Optional.empty(), "m", Optional.empty(), Optional.of(Duration.ofMinutes(5)))));
        assertThat(server.requests().getLast().body().replaceAll("\\s", "")).contains("\"keep_alive\":300", "num_ctx");
    }

    @Test
    void keepsTheTimesReportedByTheServer() {
        server.on(
                "/v1/chat/completions",
                chunked(Wire.OPENAI
                        .reply()
                        .replace(
                                "\"choices\":[],",
                                "\"choices\":[],\"timings\":{\"prompt_ms\":12.5,\"predicted_ms\":250.0},")
                        .getBytes(StandardCharsets.UTF_8)));
        assertThat(open(Wire.OPENAI)
                        .ask(request(new Message.User("x")), ReplyListener.NONE)
                        .times())
                .isEqualTo(new ServerTimes(
                        Optional.empty(),
                        Optional.of(Duration.ofNanos(12_500_000)),
                        Optional.of(Duration.ofMillis(250)),
                        Optional.of(Duration.ofNanos(262_500_000))));
        server.on("/api/chat", chunked(Wire.OLLAMA.bytes()));
        assertThat(open(Wire.OLLAMA)
                        .ask(request(new Message.User("x")), ReplyListener.NONE)
                        .times())
                .isEqualTo(new ServerTimes(
                        Optional.of(Duration.ofMillis(1250)),
                        Optional.of(Duration.ofNanos(1)),
                        Optional.of(Duration.ofNanos(4)),
                        Optional.of(Duration.ofNanos(9))));
    }

    @Test
    void countsReplyTokensOfACachedConversation() {
        server.on(
                "/api/chat",
                chunked(Wire.OLLAMA
                        .reply()
                        .replace("\"prompt_eval_count\":36,", "")
                        .getBytes(StandardCharsets.UTF_8)));
        assertThat(open(Wire.OLLAMA)
                        .ask(request(new Message.User("x")), ReplyListener.NONE)
                        .usage())
                .isEqualTo(new Usage(0, 8));
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void retriesABrokenStreamBeforeItFails(Wire wire) {
        byte[] half = Arrays.copyOf(wire.bytes(), 60);
        List<String> retries = new ArrayList<>();
        for (FakeServer.Answer answer : List.of(cut(half), chunked(half))) {
            server.on(wire.path(), answer);
            retries.clear();
            assertThat(failure(open(wire), listener(retries)).reason()).isEqualTo(Reason.BROKEN_STREAM);
            assertThat(retries).hasSize(3);
        }
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void aServerThatStopsMidStreamIsGivenUp(Wire wire) {
        server.on(wire.path(), server.stalling(Arrays.copyOf(wire.bytes(), 60)));
        ModelFailure failure = failure(open(wire, HASTY), ReplyListener.NONE);
        assertThat(failure.reason()).isEqualTo(Reason.STALLED);
        assertThat(failure).hasMessageContaining("nothing came for");
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void theTimeForAllEndsIt(Wire wire) {
        String event = wire == Wire.OLLAMA
                ? "{\"message\":{\"content\":\"x\"},\"done\":false}\n"
                : "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n";
        server.on(wire.path(), server.endless(event.getBytes(StandardCharsets.UTF_8)));
        ModelFailure failure = catchThrowableOfType(
                ModelFailure.class,
                () -> open(wire)
                        .ask(
                                new ModelRequest(List.of(new Message.User("x")), Duration.ofMillis(200)),
                                ReplyListener.NONE));
        assertThat(failure.reason()).isIn(Reason.OUT_OF_TIME, Reason.REFUSED);
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void anInterruptionBreaksTheRequestOffAtTheServerToo(Wire wire) throws Exception {
        byte[] event = (wire == Wire.OLLAMA
                        ? "{\"message\":{\"content\":\"x\"},\"done\":false}\n"
                        : "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n")
                .getBytes(StandardCharsets.UTF_8);
        server.on(wire.path(), server.endless(event));
        CountDownLatch heard = new CountDownLatch(3);
        CompletableFuture<ModelFailure> ended = new CompletableFuture<>();
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        Model model = open(wire);
        Thread thread = Thread.ofPlatform().start(() -> {
            ended.complete(failure(model, new ReplyListener() {
                @Override
                public void text(String piece) {
                    heard.countDown();
                }

                @Override
                public void retry(String reason) {}
            }));
            interrupted.complete(Thread.currentThread().isInterrupted());
        });
        assertThat(heard.await(30, TimeUnit.SECONDS)).isTrue();
        thread.interrupt();
        assertThat(ended.get(30, TimeUnit.SECONDS).reason()).isEqualTo(Reason.CANCELLED);
        // The caller still writes files, which an interrupted thread cannot.
        assertThat(interrupted.get(30, TimeUnit.SECONDS)).isFalse();
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (server.brokenOff() == 0 && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(server.brokenOff()).isPositive();
    }

    @Test
    void anInterruptionEndsTheWaitForASilentServer() throws Exception {
        server.on("/api/chat", server.stalling());
        Model model = open(Wire.OLLAMA);
        int before = server.requests().size();
        CompletableFuture<ModelFailure> ended = new CompletableFuture<>();
        Thread thread = Thread.ofPlatform().start(() -> ended.complete(failure(model, ReplyListener.NONE)));
        while (server.requests().size() == before) {
            Thread.onSpinWait();
        }
        thread.interrupt();
        assertThat(ended.get(30, TimeUnit.SECONDS).reason()).isEqualTo(Reason.CANCELLED);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "400|REFUSED|1",
                "401|REFUSED|1",
                "404|MODEL_MISSING|1",
                "429|BUSY|4",
                "500|SERVER_ERROR|4",
                "503|BUSY|4",
            })
    void theStatusIsAlwaysLookedAt(int status, Reason reason, int attempts) {
        for (Wire wire : Wire.values()) {
            server.on(wire.path(), json(status, "{\"error\": {\"message\": \"because\\u0000 of\\nme\"}}"));
            List<String> retries = new ArrayList<>();
            ModelFailure failure = failure(open(wire), listener(retries));
            assertThat(failure.reason()).isEqualTo(reason);
            assertThat(failure).hasMessageEndingWith("HTTP " + status + ": because of me");
            assertThat(retries).hasSize(attempts - 1);
        }
    }

    @Test
    void errorInTheStreamIsAFailureWithItsMessage() {
        server.on("/api/chat", chunked("{\"error\": \"out of memory\"}\n".getBytes(StandardCharsets.UTF_8)));
        assertThat(failure(open(Wire.OLLAMA), ReplyListener.NONE)).hasMessageContaining("out of memory");
        server.on("/api/chat", json(400, "{\"error\": \"registry/m does not support tools\"}"));
        assertThat(failure(open(Wire.OLLAMA), ReplyListener.NONE).reason()).isEqualTo(Reason.TOOLS_UNSUPPORTED);
        server.on(
                "/v1/chat/completions",
                chunked("data: {\"error\": {\"message\": \"no room\"}}\n\n".getBytes(StandardCharsets.UTF_8)));
        assertThat(failure(open(Wire.OPENAI), ReplyListener.NONE)).hasMessageContaining("no room");
    }

    @Test
    void garbageIsAModelFailure() {
        for (String garbage :
                List.of("<html>", "[]\n", "null\n", "{\"message\": 5, \"done\": true}\n", "\u0000\u0001\n", "")) {
            server.on("/api/chat", chunked(garbage.getBytes(StandardCharsets.UTF_8)));
            assertThat(failure(open(Wire.OLLAMA), ReplyListener.NONE)).isNotNull();
        }
    }

    @Test
    void keepsUnnumberedCallsApart() {
        String one = "{\"function\":{\"name\":\"execute_code\",\"arguments\":{\"language\":\"bash\",\"code\":\"1\"}}}";
        server.on(
                "/api/chat",
                chunked(("{\"message\":{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[" + one + "," + one
                                + "]},\"done\":false}\n"
                                + "{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"length\"}\n")
                        .getBytes(StandardCharsets.UTF_8)));
        ModelReply reply = open(Wire.OLLAMA).ask(request(new Message.User("x")), ReplyListener.NONE);
        assertThat(reply.calls())
                .hasSize(2)
                .allSatisfy(call -> assertThat(call.arguments()).contains("\"code\":\"1\""));
        assertThat(reply.cut()).isTrue();
    }

    @Test
    void reportsAMissingModelWithTheCommandThatFixesIt() {
        server.on("/api/show", json(404, "{\"error\": \"model 'm' not found\"}"));
        assertThat(openFailure(choice(ProviderChoice.OLLAMA, Optional.of(server.uri()), "m")))
                .hasMessageContaining("model 'm' not found")
                .hasMessageEndingWith("; get the model with: ollama pull m");
        assertThat(openFailure(choice(ProviderChoice.OPENAI, Optional.of(server.uri()), "other")))
                .hasMessageContaining("has no model \"other\"; choose with --model, there are: m");
        URI address = server.uri();
        server.close();
        assertThat(openFailure(choice(ProviderChoice.AUTO, Optional.empty(), "m")))
                .hasMessage(address + ": connection refused; start Ollama"
                        + " (https://ollama.com/download) with: ollama serve, or name any"
                        + " OpenAI-compatible server with --base-url");
        assertThat(openFailure(choice(ProviderChoice.OPENAI, Optional.of(address), "m")))
                .hasMessageEndingWith("connection refused; start the server, or name another one with --base-url");
        assertThat(openFailure(choice(ProviderChoice.OPENAI, Optional.empty(), "m")))
                .hasMessageContaining("wants a key");
    }

    @Test
    void detectsTheProtocolOfTheServer() {
        server.on("/api/chat", chunked(Wire.OLLAMA.bytes())).on("/v1/chat/completions", chunked(Wire.OPENAI.bytes()));
        ask(ModelServers.open(choice(ProviderChoice.AUTO, Optional.of(server.uri()), "m")));
        assertThat(server.requests().getLast().line()).contains("/api/chat");
        server.on("/api/version", json(404, "{}"));
        ask(ModelServers.open(choice(ProviderChoice.AUTO, Optional.of(server.uri()), "m")));
        assertThat(server.requests().getLast().line()).contains("/v1/chat/completions");
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void keepsTheKeyOutOfMessages(Wire wire) {
        server.on(wire.path(), json(400, "{\"error\": \"secret-key is no key\"}"));
        ModelChoice choice =
                choice(wire.provider(), Optional.of(server.uri()), "m", Optional.of("secret-key"), Optional.empty());
        ModelFailure failure = failure(ModelServers.open(choice), ReplyListener.NONE);
        assertThat(server.requests())
                .allSatisfy(request -> assertThat(request.head()).contains("Bearer secret-key"));
        assertThat(failure.toString() + choice).doesNotContain("secret").contains("[key] is no key");
    }

    private void check(Wire wire, Model model) {
        StringBuilder heard = new StringBuilder();
        ModelReply reply = model.ask(request(new Message.User("x")), new ReplyListener() {
            @Override
            public void text(String piece) {
                heard.append(piece);
            }

            @Override
            public void retry(String reason) {
                throw new AssertionError(reason);
            }
        });
        assertThat(reply.text()).isEqualTo("Let me é see.").isEqualTo(heard.toString());
        assertThat(reply.usage()).isEqualTo(new Usage(36, 8));
        assertThat(reply.loadTime())
                .isEqualTo(wire == Wire.OLLAMA ? Optional.of(Duration.ofMillis(1250)) : Optional.empty());
        assertThat(reply.calls()).hasSize(1);
        assertThat(reply.calls().getFirst().id()).isEqualTo("call_a");
        assertThat(io.neurovisor.agent.calls.CallArguments.read(
                                reply.calls().getFirst().arguments())
                        .orElseThrow()
                        .path("code")
                        .asText())
                .isEqualTo(CODE);
    }

    private Model open(Wire wire) {
        return open(wire, PATIENT);
    }

    private Model open(Wire wire, ServerConnection.ReadTimeouts timeouts) {
        return ModelServers.open(choice(wire.provider(), Optional.of(server.uri()), "m"), timeouts, _ -> {});
    }

    private ModelChoice choice(ProviderChoice provider, Optional<URI> baseUrl, String model) {
        return choice(provider, baseUrl, model, Optional.empty(), Optional.empty());
    }

    private ModelChoice choice(
            ProviderChoice provider,
            Optional<URI> baseUrl,
            String model,
            Optional<String> key,
            Optional<Duration> keepAlive) {
        return new ModelChoice(provider, model, false, baseUrl, server.uri(), key, keepAlive, VisionChoice.AUTO);
    }

    private static void ask(Model model) {
        assertThat(model.ask(request(new Message.User("x")), ReplyListener.NONE).calls())
                .hasSize(1);
    }

    private static ModelFailure failure(Model model, ReplyListener listener) {
        return catchThrowableOfType(ModelFailure.class, () -> model.ask(request(new Message.User("x")), listener));
    }

    private static ModelFailure openFailure(ModelChoice choice) {
        return catchThrowableOfType(ModelFailure.class, () -> ModelServers.open(choice));
    }

    private static ReplyListener listener(List<String> retries) {
        return new ReplyListener() {
            @Override
            public void text(String piece) {}

            @Override
            public void retry(String reason) {
                retries.add(reason);
            }
        };
    }

    private static ModelRequest request(Message... messages) {
        return new ModelRequest(List.of(messages), Duration.ofMinutes(1));
    }
}
