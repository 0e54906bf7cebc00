package io.neurovisor.server.grpc.execution;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.proto.execution.Outcome;
import io.neurovisor.proto.execution.VmmReport;
import io.neurovisor.server.grpc.ServedExecutions;
import io.neurovisor.server.grpc.TestServer;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Uses real connections and fake guests. */
@SuppressWarnings("NullAway.Init") // Set before each test.
final class ExecutionGrpcServiceTest {
    private static final Metadata.Key<String> TRACE_ID =
            Metadata.Key.of("x-trace-id", Metadata.ASCII_STRING_MARSHALLER);

    private Supplier<FakeGuest> guests = FakeGuest::new;
    private final FakeVmm vmm = new FakeVmm(_ -> guests.get());
    private final Executions executions = TestPools.executions(vmm, TestFiles.bootFiles(), Ticker.SYSTEM);

    @TempDir
    private Path data;

    private ServedExecutions served;
    private ManagedChannel channel;
    private ExecutionServiceGrpc.ExecutionServiceBlockingStub client;

    @BeforeEach
    void serve() {
        served = new ServedExecutions(data, executions, false, Optional.empty());
        int port = served.listen();
        channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
        client = ExecutionServiceGrpc.newBlockingStub(channel);
    }

    @AfterEach
    void close() {
        channel.shutdownNow();
        served.close();
    }

    @Test
    void runsAProgramAndDestroysItsMachine() {
        ExecuteResponse response = client.execute(request("some output"));
        assertThat(response.getStdout()).isEqualTo("some output");
        assertThat(response.getOutcome()).isEqualTo(Outcome.COMPLETED);
        assertThat(response.getHost().getVmm())
                .isEqualTo(VmmReport.newBuilder()
                        .setName("fake")
                        .setVersion("1")
                        .setAccelerator("none")
                        .setReason("there is no other")
                        .build());
        assertThat(vmm.livingCount()).isZero();
        assertThat(data.resolve("audit/audit.jsonl"))
                .content()
                .contains(
                        "\"event\":\"accepted\"",
                        "\"tenant\":\"loopback\"",
                        "\"method\":\"neurovisor.execution.ExecutionService/Execute\"",
                        "\"event\":\"ended\"",
                        "\"outcome\":\"COMPLETED\"",
                        response.getTraceId());
    }

    @Test
    void aStreamEndsWithOneFinalChunk() {
        Iterator<ExecuteChunk> chunks = client.executeStream(request("some output"));
        assertThat(chunks.next().getStdoutChunk()).isEqualTo("some output");
        ExecuteChunk last = chunks.next();
        assertThat(last.getIsFinal()).isTrue();
        assertThat(last.getMetadata().getOutcome()).isEqualTo(Outcome.COMPLETED);
        assertThat(chunks.hasNext()).isFalse();
    }

    @Test
    void rejectsAnInvalidFieldBeforeAnyMachineStarts() {
        assertThatThrownBy(() -> client.execute(ExecuteRequest.newBuilder()
                        .setLanguage("cobol")
                        .setCode("1")
                        .build()))
                .isInstanceOfSatisfying(StatusRuntimeException.class, exception -> {
                    assertThat(exception.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
                    assertThat(exception.getStatus().getDescription()).contains("cobol", "python");
                    // A call without headers returns its trace in the trailers.
                    assertThat(requireNonNull(exception.getTrailers()).get(TRACE_ID))
                            .hasSize(36);
                });
        assertThat(vmm.starts()).isEmpty();
    }

    @Test
    void rejectsATimeoutBeyondTheLimitWithBothValues() {
        for (int seconds : List.of(3601, -1)) {
            ExecuteRequest request =
                    request("1").toBuilder().setTimeoutSecs(seconds).build();
            for (ExecuteRequest wrong :
                    List.of(request, request.toBuilder().setIdempotencyKey("k").build())) {
                assertThatThrownBy(() -> client.execute(wrong))
                        .isInstanceOfSatisfying(StatusRuntimeException.class, exception -> {
                            assertThat(exception.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
                            assertThat(exception.getStatus().getDescription())
                                    .contains(
                                            "timeout of " + Integer.toUnsignedString(seconds) + " s",
                                            "3600 s that this daemon allows",
                                            "--timeout-max");
                            assertThat(TestServer.field(exception)).isEqualTo("timeout_secs");
                        });
            }
        }
        assertThat(vmm.starts()).isEmpty();
        assertThat(client.execute(request("1").toBuilder().setTimeoutSecs(3600).build())
                        .getStdout())
                .isEqualTo("1");
    }

    @Test
    void returnsTheClientsNameForTheRequest() {
        Metadata headers = new Metadata();
        headers.put(TRACE_ID, "my-trace-123");
        ExecuteResponse response = client.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .execute(request("1"));
        assertThat(response.getTraceId()).isEqualTo("my-trace-123");
    }

    @Test
    void aSlowReaderSlowsTheProgramAndADisconnectCancelsIt() {
        guests = () -> new FakeGuest().flooding();
        AtomicInteger received = new AtomicInteger();
        ClientCall<ExecuteRequest, ExecuteChunk> call =
                channel.newCall(ExecutionServiceGrpc.getExecuteStreamMethod(), io.grpc.CallOptions.DEFAULT);
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onMessage(ExecuteChunk message) {
                        received.incrementAndGet();
                    }
                },
                new Metadata());
        call.sendMessage(request("x"));
        call.halfClose();
        call.request(1);
        await().until(() -> received.get() == 1);
        // Without back-pressure the program would have reached the output limit of 64 MiB by now, and its machine would
        // be gone.
        await().pollDelay(Duration.ofMillis(300)).until(() -> vmm.livingCount() == 1);
        assertThat(received).hasValue(1);

        call.cancel("enough", null);
        await().until(() -> vmm.livingCount() == 0);
    }

    @Test
    void theUnixSocketIsForItsOwnerOnly() throws Exception {
        Path socket = data.resolve("socket");
        served.listen(socket);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rw-------");
        MultiThreadIoEventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        ManagedChannel local = NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .channelType(NioDomainSocketChannel.class, UnixDomainSocketAddress.class)
                .eventLoopGroup(loop)
                .overrideAuthority("localhost")
                .usePlaintext()
                .build();
        try {
            assertThat(ExecutionServiceGrpc.newBlockingStub(local)
                            .execute(request("by socket"))
                            .getStdout())
                    .isEqualTo("by socket");
        } finally {
            local.shutdownNow();
            loop.shutdownGracefully(0, 0, java.util.concurrent.TimeUnit.SECONDS).sync();
        }
    }

    @Test
    void repeatedRequestsWithAKeyGetTheSameResponse() {
        ExecuteResponse first = client.execute(keyed("a key", "some output"));
        ExecuteResponse again = client.execute(keyed("a key", "some output"));
        Iterator<ExecuteChunk> stream = client.executeStream(keyed("a key", "some output"));

        assertThat(first.getStdout()).isEqualTo("some output");
        assertThat(again).isEqualTo(first);
        assertThat(stream.next().getStdoutChunk()).isEqualTo("some output");
        assertThat(stream.next().getMetadata().getHost()).isEqualTo(first.getHost());
        assertThat(vmm.starts()).hasSize(1);
        assertThat(client.execute(keyed("another", "some output")).getHost().getVmId())
                .isNotEqualTo(first.getHost().getVmId());
    }

    @Test
    void concurrentRequestsWithAKeyShareOneExecution() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        guests = () -> {
            awaitUninterruptibly(asked);
            return new FakeGuest();
        };
        ExecutionServiceGrpc.ExecutionServiceFutureStub futures = ExecutionServiceGrpc.newFutureStub(channel);
        List<ListenableFuture<ExecuteResponse>> answers = Stream.generate(
                        () -> futures.execute(keyed("k", "some output")))
                .limit(20)
                .toList();
        asked.countDown();
        ExecuteResponse first = answers.getFirst().get();
        for (ListenableFuture<ExecuteResponse> answer : answers) {
            assertThat(answer.get()).isEqualTo(first);
        }
        assertThat(vmm.starts()).hasSize(1);
    }

    @Test
    void aDisconnectDoesNotCancelAKeyedExecution() {
        guests = () -> new FakeGuest().flooding();
        try (Context.CancellableContext context = Context.current().withCancellation()) {
            context.run(() -> {
                Iterator<ExecuteChunk> chunks = client.executeStream(keyed("k", "x"));
                assertThat(chunks.next().getStdoutChunk()).isNotEmpty();
            });
        }
        ExecuteResponse answer = client.execute(keyed("k", "x"));
        assertThat(answer.getOutcome()).isEqualTo(Outcome.OUTPUT_LIMIT);
        assertThat(answer.getStdout()).hasSize(3 << 19);
        assertThat(answer.getStdoutTruncated()).isTrue();
        assertThat(vmm.starts()).hasSize(1);
    }

    @Test
    void aKeyIdentifiesOneRequest() {
        client.execute(keyed("k", "1"));
        for (ExecuteRequest wrong : List.of(keyed("k", "2"), keyed("a\nb", "1"), keyed("x".repeat(129), "1"))) {
            assertThatThrownBy(() -> client.execute(wrong))
                    .isInstanceOfSatisfying(StatusRuntimeException.class, exception -> {
                        assertThat(exception.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
                        assertThat(TestServer.field(exception)).isEqualTo("idempotency_key");
                    });
        }
        assertThat(vmm.starts()).hasSize(1);
    }

    @Test
    void anExecutionWithoutAMachineMayBeRequestedAgain() {
        vmm.failStarts("no memory");
        for (int time = 0; time < 2; time++) {
            assertThatThrownBy(() -> client.execute(keyed("k", "1")))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            exception ->
                                    assertThat(exception.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
        }
    }

    @Test
    void theAuditLogContainsTheEndOfAnExecutionWithoutAMachine() throws Exception {
        vmm.failStarts("no memory");
        assertThatThrownBy(() -> client.execute(request("1"))).isInstanceOf(StatusRuntimeException.class);
        assertThat(Files.readAllLines(data.resolve("audit/audit.jsonl")))
                .satisfiesExactly(
                        accepted -> assertThat(accepted).contains("\"event\":\"accepted\""),
                        ended -> assertThat(ended).contains("\"event\":\"ended\"", "\"fault\":\"VMM_FAILED\""));
    }

    @Test
    void returnsOutputThatCannotBeStoredWithoutRunningAgain() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        guests = () -> {
            awaitUninterruptibly(asked);
            return new FakeGuest();
        };
        ListenableFuture<ExecuteResponse> answer =
                ExecutionServiceGrpc.newFutureStub(channel).execute(keyed("k", "some output"));
        await().until(() -> !vmm.starts().isEmpty());
        // Simulates a full disk: the table rejects every change.
        try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + data.resolve("journal/journal.db"))) {
            database.createStatement()
                    .execute("CREATE TRIGGER full BEFORE UPDATE ON execution BEGIN SELECT RAISE(FAIL, 'full'); END");
        }
        asked.countDown();

        assertThat(answer.get().getStdout()).isEqualTo("some output");
        await().untilAsserted(() -> assertThatThrownBy(() -> client.execute(keyed("k", "some output")))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        exception -> assertThat(TestServer.reason(exception)).isEqualTo("EXECUTION_ELSEWHERE")));
        assertThat(vmm.starts()).hasSize(1);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
    }

    private static ExecuteRequest keyed(String key, String code) {
        return request(code).toBuilder()
                .setIdempotencyKey(key.replace(' ', '-'))
                .build();
    }

    private static ExecuteRequest request(String code) {
        return ExecuteRequest.newBuilder().setLanguage("python").setCode(code).build();
    }
}
