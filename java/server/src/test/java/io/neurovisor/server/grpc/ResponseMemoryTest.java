package io.neurovisor.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.server.grpc.guard.OutboundMemory;
import io.neurovisor.server.grpc.guard.PendingResponses;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.ManualTicker;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stored output of 12 MiB, and clients that request it without reading it. */
final class ResponseMemoryTest {
    private static final int STREAM_BYTES = 4 << 20;
    private static final long MEMORY_BYTES = 16 << 20;
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final ExecuteRequest KEYED = ExecuteRequest.newBuilder()
            .setLanguage("python")
            .setCode("1")
            .setIdempotencyKey("k")
            .build();

    private final ManualTicker ticker = new ManualTicker();
    private final CountDownLatch half = new CountDownLatch(1);
    private final FakeVmm vmm = new FakeVmm(_ -> new FakeGuest().executing(this::program));
    private final Executions executions = TestPools.executions(vmm, TestFiles.bootFiles(), Ticker.SYSTEM);
    private final List<AutoCloseable> open = new ArrayList<>();

    @TempDir
    private Path data;

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : open.reversed()) {
            one.close();
        }
    }

    @Test
    void everyListenerGetsAllOutput() throws Exception {
        ManagedChannel channel = connected(serving(new OutboundMemory(MEMORY_BYTES)));
        SlowReader<ExecuteRequest, ExecuteChunk> early = stream(channel);
        early.read(3);
        patiently().until(() -> early.messages() == 3);
        half.countDown();
        assertThat(replayed(channel)).isEqualTo(3L * STREAM_BYTES);
        early.read(Integer.MAX_VALUE);
        assertThat(early.status().isOk()).isTrue();
        assertThat(early.total()).isEqualTo(3L * STREAM_BYTES);
        assertThat(replayed(channel)).isEqualTo(3L * STREAM_BYTES);
        assertThat(vmm.starts()).hasSize(1);
    }

    @Test
    void unreadReplaysAreBoundedInMemory() throws Exception {
        OutboundMemory memory = new OutboundMemory(MEMORY_BYTES);
        PendingResponses responses = new PendingResponses(memory, TIMEOUT, ticker);
        int port = serving(responses);
        half.countDown();
        assertThat(replayed(connected(port))).isEqualTo(3L * STREAM_BYTES);
        for (MethodDescriptor<ExecuteRequest, ?> method :
                List.of(ExecutionServiceGrpc.getExecuteStreamMethod(), ExecutionServiceGrpc.getExecuteMethod())) {
            ManagedChannel hostile = connected(port);
            List<SlowReader<ExecuteRequest, ?>> readers = Stream.<SlowReader<ExecuteRequest, ?>>generate(
                            () -> new SlowReader<>(hostile, method, KEYED, _ -> 1))
                    .limit(100)
                    .toList();
            patiently().until(() -> readers.stream().anyMatch(SlowReader::isClosed));
            patiently().until(() -> memory.bytes() > MEMORY_BYTES / 4);
            assertThat(memory.bytes()).isLessThanOrEqualTo(MEMORY_BYTES / 2);
            StatusRuntimeException refusal = readers.stream()
                    .filter(SlowReader::isClosed)
                    .findFirst()
                    .orElseThrow()
                    .failure();
            assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(TestServer.reason(refusal)).isEqualTo("SERVER_BUSY");
            assertThat(TestServer.retryDelay(refusal)).isEqualTo(Duration.ofSeconds(1));
            patiently().until(() -> {
                responses.endUnread();
                ticker.advance(TIMEOUT);
                return responses.count() == 0;
            });
            assertThat(memory.bytes()).isZero();
            assertThat(replayed(connected(port))).isEqualTo(3L * STREAM_BYTES);
        }
    }

    @Test
    void anUnreadReplayHoldsOnePartInMemory() {
        PendingResponses responses = new PendingResponses(new OutboundMemory(1L << 40), TIMEOUT, ticker);
        int port = serving(responses);
        half.countDown();
        assertThat(replayed(connected(port))).isEqualTo(3L * STREAM_BYTES);
        patiently().until(() -> responses.count() == 0);
        long before = usedBytes();
        List<SlowReader<ExecuteRequest, ExecuteChunk>> readers =
                Stream.generate(() -> stream(connected(port))).limit(30).toList();
        readers.forEach(reader -> reader.read(1));
        patiently().until(() -> readers.stream().allMatch(reader -> reader.messages() == 1));
        // All of it would take 360 MiB.
        assertThat(usedBytes() - before).isLessThan(150L << 20);
        assertThat(responses.count()).isEqualTo(readers.size());
    }

    /** Allows for writing 12 MiB and reading them a hundred times. */
    private static ConditionFactory patiently() {
        return await().atMost(Duration.ofMinutes(1));
    }

    private static long usedBytes() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Test
    void truncatesOutputWithoutAKeyIfMemoryRunsOut() {
        ManagedChannel channel = connected(serving(new OutboundMemory(1 << 20)));
        half.countDown();
        io.neurovisor.proto.execution.ExecuteResponse answer = ExecutionServiceGrpc.newBlockingStub(channel)
                .execute(KEYED.toBuilder().clearIdempotencyKey().build());
        assertThat(answer.getOutcome()).isEqualTo(io.neurovisor.proto.execution.Outcome.COMPLETED);
        assertThat(answer.getStdout().length()).isBetween(1 << 18, 1 << 20);
        assertThat(answer.getStdoutTruncated()).isTrue();
        assertThat(answer.getSkippedTotal()).isEqualTo(1);
        StatusRuntimeException refusal = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> ExecutionServiceGrpc.newBlockingStub(channel).execute(KEYED));
        assertThat(TestServer.reason(refusal)).isEqualTo("SERVER_BUSY");
    }

    /** Writes 4 MiB to each stream, the second half of it when permitted. */
    private ProgramExit program(Program program, OutputSink sink) {
        for (int piece = 0; piece < STREAM_BYTES; piece += 128 << 10) {
            if (piece == STREAM_BYTES / 2) {
                awaitUninterruptibly(half);
            }
            sink.stdout(text(128 << 10));
            sink.stderr(text(128 << 10));
        }
        sink.file("file", text(STREAM_BYTES), true);
        return new ProgramExit(Outcome.COMPLETED, 0, 0, Duration.ZERO, false, false, ProgramExit.Details.NONE);
    }

    private static ByteBuffer text(int bytes) {
        return ByteBuffer.wrap(new byte[bytes]);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
    }

    private int serving(OutboundMemory memory) {
        return serving(new PendingResponses(memory, TIMEOUT, ticker));
    }

    private int serving(PendingResponses responses) {
        ServedExecutions served = new ServedExecutions(data, executions, responses);
        open.add(served);
        return served.listen();
    }

    private ManagedChannel connected(int port) {
        ManagedChannel channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
        open.add(channel::shutdownNow);
        return channel;
    }

    private static SlowReader<ExecuteRequest, ExecuteChunk> stream(ManagedChannel channel) {
        return new SlowReader<>(
                channel, ExecutionServiceGrpc.getExecuteStreamMethod(), KEYED, ResponseMemoryTest::contentBytes);
    }

    private static long replayed(ManagedChannel channel) {
        List<ExecuteChunk> chunks = new ArrayList<>();
        ExecutionServiceGrpc.newBlockingStub(channel).executeStream(KEYED).forEachRemaining(chunks::add);
        assertThat(chunks.getLast().getMetadata().getOutcome())
                .isEqualTo(io.neurovisor.proto.execution.Outcome.COMPLETED);
        assertThat(chunks.getLast().getMetadata().getStdoutTruncated()).isFalse();
        return chunks.stream().mapToLong(ResponseMemoryTest::contentBytes).sum();
    }

    private static int contentBytes(ExecuteChunk chunk) {
        return chunk.getStdoutChunkBytes().size()
                + chunk.getStderrChunkBytes().size()
                + chunk.getFile().getContent().size();
    }
}
