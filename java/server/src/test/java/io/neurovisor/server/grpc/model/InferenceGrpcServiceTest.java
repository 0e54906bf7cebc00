package io.neurovisor.server.grpc.model;

import static io.neurovisor.server.grpc.model.InferenceServers.bytes;
import static io.neurovisor.testkit.FakeServer.chunked;
import static io.neurovisor.testkit.FakeServer.cut;
import static io.neurovisor.testkit.FakeServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import io.neurovisor.proto.inference.InferenceRequest;
import io.neurovisor.proto.inference.InferenceResponse;
import io.neurovisor.proto.inference.InferenceServiceGrpc;
import io.neurovisor.proto.inference.TokenChunk;
import io.neurovisor.server.grpc.TestServer;
import io.neurovisor.server.trace.TraceScope;
import io.neurovisor.testkit.FakeServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Real calls to fake model servers that speak their protocols byte by byte. */
@Timeout(120)
final class InferenceGrpcServiceTest {
    private static final InferenceRequest HELLO =
            InferenceRequest.newBuilder().setPrompt("Hello").build();
    private static final String OLLAMA_REPLY = """
        {"model":"m","message":{"role":"assistant","content":"Good "},"done":false}
        {"model":"m","message":{"role":"assistant","content":"day é"},"done":false}
        {"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":1500000000,"prompt_eval_count":36,"eval_count":8}
        """;
    private static final String OPENAI_REPLY = """
        data: {"id":"x","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Good day é"},"finish_reason":null}]}

        data: {"id":"x","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

        data: {"id":"x","model":"m","choices":[],"usage":{"prompt_tokens":36,"completion_tokens":8,"total_tokens":44}}

        data: [DONE]

        """;

    @TempDir
    private Path directory;

    private FakeServer models;
    private TestServer server;

    @BeforeEach
    void start() throws IOException {
        models = new FakeServer()
                .on("/api/show", json(200, "{\"model_info\": {\"q.context_length\": 4096}}"))
                .on("/api/chat", chunked(bytes(OLLAMA_REPLY)))
                .on("/v1/models", json(200, "{\"data\": [{\"id\": \"m\", \"max_model_len\": 4096}]}"))
                .on("/v1/chat/completions", chunked(bytes(OPENAI_REPLY)));
        server = InferenceServers.serving(
                directory,
                Duration.ofMinutes(5),
                Map.of("ollama-host", models.uri().toString()));
    }

    @AfterEach
    void stop() {
        server.close();
        models.close();
    }

    @Test
    void aResponseContainsTheModelServersFigures() {
        InferenceResponse answer =
                stub(server.channel("x-trace-id", "my-trace-123")).infer(HELLO);
        assertThat(answer)
                .isEqualTo(InferenceResponse.newBuilder()
                        .setResponse("Good day é")
                        .setTokensGenerated(8)
                        .setLatencyMs(1500)
                        .setModelUsed("llama3.2")
                        .setTraceId("my-trace-123")
                        .build());
        assertThat(models.requests().getFirst().body()).contains("llama3.2");
        FakeServer.Request asked = models.requests().getLast();
        assertThat(asked.body()).contains("\"llama3.2\"", "Hello").doesNotContain("execute_code");
        assertThat(asked.head()).containsPattern("(?i)\r\ntraceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01\r\n");
    }

    @Test
    void theLogContainsTheMetadataButNotTheSystemPrompt() {
        Logger logger = (Logger) LoggerFactory.getLogger(InferenceGrpcService.class);
        ListAppender<ILoggingEvent> log = new ListAppender<>() {
            @Override
            protected void append(ILoggingEvent event) {
                // Captures the trace id of the logging thread.
                event.prepareForDeferredProcessing();
                super.append(event);
            }
        };
        log.start();
        logger.addAppender(log);
        try {
            InferenceResponse _ = stub(server.channel("x-trace-id", "my-trace-123"))
                    .infer(HELLO.toBuilder()
                            .putMetadata("customer", "acme")
                            .putMetadata("system_prompt", "You are a secret.")
                            .build());
            InferenceResponse ours = stub(server.channel())
                    .infer(HELLO.toBuilder().putMetadata("customer", "umbrella").build());
            assertThat(log.list)
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .satisfiesExactly(
                            line -> assertThat(line)
                                    .startsWith("llama3.2 wrote 8 tokens in ")
                                    .endsWith("; client_trace_id my-trace-123; metadata {customer=acme}")
                                    .doesNotContain("secret"),
                            line -> assertThat(line).endsWith(" ms; metadata {customer=umbrella}"));
            assertThat(log.list.getLast().getMDCPropertyMap())
                    .containsEntry(TraceScope.KEY, ours.getTraceId().replace("-", ""));
        } finally {
            logger.detachAppender(log);
        }
    }

    @Test
    void propagatesTheTraceToTheModelServer() {
        stub(server.channel("traceparent", "00-01941ab36d8c7a2bb4e19c1234567890-00f067aa0ba902b7-01"))
                .infer(HELLO);
        assertThat(models.requests().getLast().head()).contains("00-01941ab36d8c7a2bb4e19c1234567890-");
    }

    @Test
    void streamsPiecesInOrderThenTheFigures() {
        List<TokenChunk> chunks = new ArrayList<>();
        stub(server.channel("x-trace-id", "my-trace-123"))
                .inferStream(HELLO.toBuilder().setStream(true).build())
                .forEachRemaining(chunks::add);
        assertThat(chunks).hasSize(3);
        assertThat(chunks.get(0).getToken()).isEqualTo("Good ");
        assertThat(chunks.get(1).getToken()).isEqualTo("day é");
        assertThat(chunks).extracting(TokenChunk::getTokenIndex).containsExactly(0, 1, 2);
        assertThat(chunks).extracting(TokenChunk::getIsFinal).containsExactly(false, false, true);
        assertThat(chunks).extracting(TokenChunk::hasMetadata).containsExactly(false, false, true);
        assertThat(chunks.getLast().getMetadata().getTotalTokens()).isEqualTo(8);
        assertThat(chunks.getLast().getMetadata().getTotalLatencyMs()).isEqualTo(1500);
        assertThat(chunks.getLast().getMetadata().getModel()).isEqualTo("llama3.2");
        assertThat(chunks.getLast().getMetadata().getTraceId()).isEqualTo("my-trace-123");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ollama", "openai"})
    void forwardsTheParametersToTheModelServer(String provider) throws IOException {
        InferenceRequest request = HELLO.toBuilder()
                .setModel("m")
                .setTemperature(0.7f)
                .setMaxTokens(7)
                .putMetadata("system_prompt", "Be good.\nAlways.")
                .putMetadata("customer", "ACME & Söhne")
                .build();
        try (TestServer other = InferenceServers.serving(
                directory, Duration.ofMinutes(5), Map.of("provider", provider, "base-url", base(provider)))) {
            assertThat(stub(other.channel()).infer(request).getResponse()).isEqualTo("Good day é");
        }
        String body = models.requests().getLast().body().replaceAll("\\s", "");
        assertThat(body)
                .contains("\"temperature\":0.7", "Begood.\\nAlways.", "Hello", "\"stream\":true")
                .containsPattern("\"(num_predict|max_tokens)\":7[,}]")
                .doesNotContain("ACME");
    }

    @Test
    void distinguishesTemperatureZeroFromNone() {
        stub(server.channel()).infer(HELLO.toBuilder().setTemperature(0).build());
        assertThat(models.requests().getLast().body().replaceAll("\\s", "")).contains("\"temperature\":0.0");
        stub(server.channel()).infer(HELLO);
        assertThat(models.requests().getLast().body()).doesNotContain("temperature", "num_predict");
    }

    @Test
    void servesBothNamesOfTheService() throws Exception {
        assertThat(io.neurovisor.proto.inference.original.InferenceServiceGrpc.newBlockingStub(server.channel())
                        .infer(HELLO)
                        .getResponse())
                .isEqualTo("Good day é");
        assertThat(io.neurovisor.proto.inference.original.InferenceServiceGrpc.newBlockingStub(server.channel())
                        .inferStream(HELLO))
                .toIterable()
                .hasSize(3);
        assertThat(reflected(ServerReflectionRequest.newBuilder()
                                .setListServices("")
                                .build())
                        .getListServicesResponse()
                        .getServiceList())
                .extracting(ServiceResponse::getName)
                .contains("neurovisor.inference.InferenceService", "inference.InferenceService");
        for (String symbol : List.of(
                "neurovisor.inference.InferenceService",
                "inference.InferenceService",
                "neurovisor.inference.InferenceRequest")) {
            assertThat(reflected(ServerReflectionRequest.newBuilder()
                                    .setFileContainingSymbol(symbol)
                                    .build())
                            .getFileDescriptorResponse()
                            .getFileDescriptorProtoList())
                    .as(symbol)
                    .isNotEmpty();
        }
    }

    private ServerReflectionResponse reflected(ServerReflectionRequest request) throws InterruptedException {
        BlockingQueue<ServerReflectionResponse> answers = new LinkedBlockingQueue<>();
        StreamObserver<ServerReflectionRequest> requests = ServerReflectionGrpc.newStub(server.channel())
                .serverReflectionInfo(new StreamObserver<>() {
                    @Override
                    public void onNext(ServerReflectionResponse answer) {
                        answers.add(answer);
                    }

                    @Override
                    public void onError(Throwable failure) {
                        throw new AssertionError(failure);
                    }

                    @Override
                    public void onCompleted() {}
                });
        requests.onNext(request);
        ServerReflectionResponse answer = answers.poll(30, TimeUnit.SECONDS);
        requests.onCompleted();
        assertThat(answer).isNotNull();
        return answer;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "400|FAILED_PRECONDITION|MODEL_REFUSED|0",
                "401|FAILED_PRECONDITION|MODEL_REFUSED|0",
                "429|RESOURCE_EXHAUSTED|MODEL_BUSY|7",
                "500|UNAVAILABLE|MODEL_SERVER_ERROR|7",
                "503|RESOURCE_EXHAUSTED|MODEL_BUSY|7",
            })
    void returnsTheModelServersRejectionAsAStatus(int answer, Status.Code code, String reason, long delay) {
        models.on(
                "/api/chat",
                out -> out.write(bytes("HTTP/1.1 " + answer + " X\r\nRetry-After: 7\r\nContent-Length: 19\r\n"
                        + "Connection: close\r\n\r\n{\"error\":\"because\"}")));
        StatusRuntimeException status = failure(HELLO);
        assertThat(status.getStatus().getCode()).isEqualTo(code);
        assertThat(status).hasMessageContaining("HTTP " + answer);
        assertThat(TestServer.reason(status)).isEqualTo(reason);
        assertThat(TestServer.hasRetryDelay(status)).isEqualTo(delay > 0);
        if (delay > 0) {
            assertThat(TestServer.retryDelay(status)).isEqualTo(Duration.ofSeconds(delay));
        }
        assertThat(models.requests())
                .filteredOn(request -> request.line().contains("/api/chat"))
                .hasSize(1);
    }

    @Test
    void aMissingModelIsNotFoundWithTheCommandThatInstallsIt() {
        models.on("/api/show", json(404, "{\"error\": \"model 'm:1b' not found\"}"));
        StatusRuntimeException status =
                failure(HELLO.toBuilder().setModel("m:1b").build());
        assertThat(status.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(status).hasMessageContaining("ollama pull m:1b");
        assertThat(TestServer.reason(status)).isEqualTo("MODEL_MISSING");
    }

    @Test
    void reportsARemovedModelOrStoppedServerAtTheNextRequest() {
        stub(server.channel()).infer(HELLO);
        stub(server.channel()).infer(HELLO);
        assertThat(models.requests())
                .filteredOn(request -> request.line().contains("/api/show"))
                .hasSize(1);
        models.on("/api/chat", json(404, "{\"error\": \"model not found\"}"))
                .on("/api/show", json(404, "{\"error\": \"model not found\"}"));
        assertThat(failure(HELLO)).hasMessageContaining("ollama pull llama3.2");
        models.on("/api/chat", chunked(bytes(OLLAMA_REPLY)))
                .on("/api/show", json(200, "{\"model_info\": {\"q.context_length\": 4096}}"));
        stub(server.channel()).infer(HELLO);
        models.close();
        StatusRuntimeException status = failure(HELLO);
        assertThat(status.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status)
                .hasMessageContaining("connection refused; start Ollama"
                        + " (https://ollama.com/download) with: ollama serve, or name any"
                        + " OpenAI-compatible server with --base-url");
        assertThat(TestServer.retryDelay(status)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void anIncompleteReplyIsAnErrorInBothForms() {
        models.on("/api/chat", cut(bytes(OLLAMA_REPLY.substring(0, 80))));
        assertThat(failure(HELLO).getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        List<TokenChunk> chunks = new ArrayList<>();
        StatusRuntimeException status = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> stub(server.channel()).inferStream(HELLO).forEachRemaining(chunks::add));
        assertThat(status.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(TestServer.reason(status)).isEqualTo("MODEL_BROKEN_STREAM");
        assertThat(chunks).extracting(TokenChunk::getIsFinal).containsExactly(false);
    }

    @Test
    void rejectsInvalidValuesWithTheNameOfTheField() {
        InferenceRequest.Builder many = HELLO.toBuilder();
        for (int entry = 0; entry < 10_000; entry++) {
            many.putMetadata("k" + entry, "v");
        }
        Map<InferenceRequest.Builder, String> wrong = Map.ofEntries(
                Map.entry(InferenceRequest.newBuilder(), "prompt"),
                Map.entry(InferenceRequest.newBuilder().setPrompt(" \n"), "prompt"),
                Map.entry(InferenceRequest.newBuilder().setPrompt("a\0b"), "prompt"),
                Map.entry(InferenceRequest.newBuilder().setPrompt("é".repeat(600_000)), "prompt"),
                Map.entry(HELLO.toBuilder().setModel("m; rm -rf /"), "model"),
                Map.entry(HELLO.toBuilder().setModel("m\u001b[2J"), "model"),
                Map.entry(HELLO.toBuilder().setModel("m".repeat(257)), "model"),
                Map.entry(HELLO.toBuilder().setTemperature(Float.NaN), "temperature"),
                Map.entry(HELLO.toBuilder().setTemperature(Float.POSITIVE_INFINITY), "temperature"),
                Map.entry(HELLO.toBuilder().setTemperature(-0.1f), "temperature"),
                Map.entry(HELLO.toBuilder().setTemperature(2.1f), "temperature"),
                Map.entry(HELLO.toBuilder().setMaxTokens(-1), "max_tokens"),
                Map.entry(many, "metadata"),
                Map.entry(HELLO.toBuilder().putMetadata("a b", "v"), "metadata"),
                Map.entry(HELLO.toBuilder().putMetadata("a", "line\nline"), "metadata"),
                Map.entry(HELLO.toBuilder().putMetadata("a", "v".repeat(1025)), "metadata"),
                Map.entry(HELLO.toBuilder().putMetadata("system_prompt", "v".repeat(70_000)), "metadata"));
        wrong.forEach((request, field) -> {
            StatusRuntimeException status = failure(request.build());
            assertThat(status.getStatus().getCode()).as(field).isEqualTo(Status.Code.INVALID_ARGUMENT);
            assertThat(TestServer.field(status)).isEqualTo(field);
            assertThat(String.valueOf(status.getMessage())).doesNotContain("\n", "\u001b");
        });
        assertThat(models.requests()).isEmpty();
    }

    private String base(String provider) {
        return models.uri() + (provider.equals("openai") ? "/v1" : "");
    }

    private StatusRuntimeException failure(InferenceRequest request) {
        return catchThrowableOfType(
                StatusRuntimeException.class, () -> stub(server.channel()).infer(request));
    }

    private static InferenceServiceGrpc.InferenceServiceBlockingStub stub(Channel channel) {
        return InferenceServiceGrpc.newBlockingStub(channel);
    }
}
