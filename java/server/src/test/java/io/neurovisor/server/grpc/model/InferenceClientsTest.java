package io.neurovisor.server.grpc.model;

import static io.neurovisor.server.grpc.model.InferenceServers.bytes;
import static io.neurovisor.testkit.FakeServer.chunked;
import static io.neurovisor.testkit.FakeServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.proto.inference.InferenceRequest;
import io.neurovisor.proto.inference.InferenceServiceGrpc;
import io.neurovisor.proto.inference.TokenChunk;
import io.neurovisor.server.grpc.SlowReader;
import io.neurovisor.server.grpc.TestServer;
import io.neurovisor.testkit.FakeServer;
import io.neurovisor.testkit.GrowingTimeout;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients of the inference service that read slowly, disconnect or set a deadline. */
@Timeout(120)
final class InferenceClientsTest {
    private static final InferenceRequest HELLO =
            InferenceRequest.newBuilder().setPrompt("Hello").build();

    @TempDir
    private Path directory;

    private FakeServer models;
    private TestServer server;

    @BeforeEach
    void start() throws IOException {
        models = new FakeServer().on("/api/show", json(200, "{\"model_info\": {\"q.context_length\": 4096}}"));
        server = serving(Duration.ofMinutes(5));
    }

    @AfterEach
    void stop() {
        server.close();
        models.close();
    }

    @Test
    void aSlowReaderAppliesBackPressureToTheModelServer() throws Exception {
        int pieces = 2500;
        byte[] piece = bytes("{\"message\":{\"content\":\"" + "x".repeat(16 << 10) + "\"},\"done\":false}\n");
        FakeServer.Answer all = chunked(pieces(piece, pieces));
        Counting counting = new Counting(all);
        models.on("/api/chat", counting);
        SlowReader<InferenceRequest, TokenChunk> reader = new SlowReader<>(
                server.channel(),
                InferenceServiceGrpc.getInferStreamMethod(),
                HELLO,
                chunk -> chunk.getToken().length());
        reader.read(1);
        assertThat(TestServer.becomes(() -> reader.messages() == 1)).isTrue();
        long written = counting.whenStill();
        // Of 40 MiB, only socket buffers and flow-control windows may be filled.
        assertThat(written).isLessThan(20L << 20);
        assertThat(reader.messages()).isEqualTo(1);
        reader.read(pieces + 1);
        assertThat(reader.status().isOk()).isTrue();
        assertThat(reader.total()).isEqualTo((long) pieces << 14);
    }

    @Test
    void aDisconnectEndsTheRequestAtTheModelServer() {
        models.on("/api/chat", endless());
        SlowReader<InferenceRequest, TokenChunk> reader =
                new SlowReader<>(server.channel(), InferenceServiceGrpc.getInferStreamMethod(), HELLO, _ -> 1);
        reader.read(3);
        assertThat(TestServer.becomes(() -> reader.messages() == 3)).isTrue();
        reader.cancel();
        assertThat(TestServer.becomes(() -> models.brokenOff() == 1)).isTrue();
    }

    @Test
    void theClientsDeadlineEndsTheRequestAtTheModelServer() {
        models.on("/api/chat", endless());
        StatusRuntimeException status = GrowingTimeout.from(
                Duration.ofMillis(500),
                deadline -> catchThrowableOfType(
                        StatusRuntimeException.class,
                        () -> InferenceServiceGrpc.newBlockingStub(server.channel())
                                .withDeadlineAfter(deadline)
                                .infer(HELLO)),
                _ -> isAsked());
        assertThat(status.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(TestServer.becomes(() -> models.brokenOff() == 1)).isTrue();
    }

    @Test
    void aClientThatNeverReadsIsCancelledAtTheTimeLimit() throws Exception {
        models.on("/api/chat", endless());
        Status status = GrowingTimeout.from(Duration.ofMillis(500), this::endOfAClientThatNeverReads, _ -> isAsked());
        assertThat(models.brokenOff()).isEqualTo(1);
        assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }

    @Test
    void aClientThatReadsNothingForTheSendTimeoutEndsTheRequestAtTheModelServer() throws Exception {
        models.on("/api/chat", endless());
        SlowReader<InferenceRequest, TokenChunk> reader =
                new SlowReader<>(server.channel(), InferenceServiceGrpc.getInferStreamMethod(), HELLO, _ -> 1);
        assertThat(TestServer.becomes(this::isAsked)).isTrue();
        assertThat(TestServer.becomes(() -> {
                    server.passSendTimeout();
                    return models.brokenOff() == 1;
                }))
                .isTrue();
        reader.read(Integer.MAX_VALUE);
        assertThat(reader.status().getCode()).isEqualTo(Status.Code.CANCELLED);
    }

    private Status endOfAClientThatNeverReads(Duration longest) throws Exception {
        try (TestServer hasty = serving(longest)) {
            SlowReader<InferenceRequest, TokenChunk> reader =
                    new SlowReader<>(hasty.channel(), InferenceServiceGrpc.getInferStreamMethod(), HELLO, _ -> 1);
            // Never, if the time is over before the model server is asked.
            boolean _ = TestServer.becomes(() -> models.brokenOff() == 1);
            reader.read(Integer.MAX_VALUE);
            return reader.status();
        }
    }

    /** Returns whether the model server has received the request. */
    private boolean isAsked() {
        return models.requests().stream().anyMatch(request -> request.line().contains("/api/chat"));
    }

    /** The bytes that were written of a response. */
    private static final class Counting implements FakeServer.Answer {
        private final FakeServer.Answer answer;
        private final AtomicLong written = new AtomicLong();
        private final CountDownLatch whole = new CountDownLatch(1);
        private final CompletableFuture<Thread> writer = new CompletableFuture<>();

        Counting(FakeServer.Answer answer) {
            this.answer = answer;
        }

        @Override
        public void write(OutputStream out) throws IOException, InterruptedException {
            writer.complete(Thread.currentThread());
            answer.write(new FilterOutputStream(out) {
                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                    out.write(bytes, offset, length);
                    written.addAndGet(length);
                }
            });
            whole.countDown();
        }

        /** Returns the number of bytes once nothing has been accepted for a second, and the next write waits. */
        long whenStill() throws InterruptedException {
            long before = -1;
            while (written.get() != before || writer.join().getState() != Thread.State.WAITING) {
                before = written.get();
                assertThat(whole.await(1, TimeUnit.SECONDS))
                        .as("all of it was taken")
                        .isFalse();
            }
            return before;
        }
    }

    private static byte[][] pieces(byte[] piece, int count) {
        byte[][] pieces = new byte[count + 1][];
        Arrays.fill(pieces, piece);
        pieces[count] = bytes("{\"message\":{\"content\":\"\"},\"done\":true}\n");
        return pieces;
    }

    private FakeServer.Answer endless() {
        return models.endless(bytes("{\"message\":{\"content\":\"" + "x".repeat(1000) + "\"},\"done\":false}\n"));
    }

    private TestServer serving(Duration longest) throws IOException {
        return InferenceServers.serving(
                directory, longest, Map.of("ollama-host", models.uri().toString()));
    }
}
