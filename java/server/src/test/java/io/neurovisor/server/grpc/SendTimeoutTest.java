package io.neurovisor.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.time.Ticker;
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
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The effect of {@code --send-timeout} on clients that do not read, over real connections. */
@SuppressWarnings("NullAway.Init") // Set before each test.
final class SendTimeoutTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final ManualTicker ticker = new ManualTicker();
    private final PendingResponses responses = new PendingResponses(OutboundMemory.ofThisProcess(), TIMEOUT, ticker);
    private Supplier<FakeGuest> guests = FakeGuest::new;
    private final FakeVmm vmm = new FakeVmm(_ -> guests.get());
    private final Executions executions = TestPools.executions(vmm, TestFiles.bootFiles(), Ticker.SYSTEM);

    @TempDir
    private Path data;

    private ServedExecutions served;
    private ManagedChannel channel;

    @BeforeEach
    void serve() {
        served = new ServedExecutions(data, executions, responses);
        channel = NettyChannelBuilder.forAddress("127.0.0.1", served.listen())
                .usePlaintext()
                .build();
    }

    @AfterEach
    void close() {
        channel.shutdownNow();
        served.close();
    }

    @Test
    void anUnreadStreamIsCancelledAndReleasesItsMachine() throws Exception {
        guests = () -> new FakeGuest().flooding();
        SlowReader<ExecuteRequest, ?> reader = unread(ExecutionServiceGrpc.getExecuteStreamMethod(), request());
        await().until(() -> vmm.livingCount() == 1);
        untilTimeHasPassed(() -> vmm.livingCount() == 0);
        untilTimeHasPassed(() -> responses.count() == 0);
        assertThat(statusOf(reader).getCode()).isEqualTo(Status.Code.CANCELLED);
        assertThat(data.resolve("audit/audit.jsonl")).content().contains("\"outcome\":\"CANCELLED\"");
    }

    @Test
    void anUnreadResponseIsCancelled() throws Exception {
        guests = () -> new FakeGuest().executing((_, sink) -> {
            sink.stdout(ByteBuffer.wrap(new byte[2 << 20]));
            sink.stderr(ByteBuffer.wrap(new byte[2 << 20]));
            return new ProgramExit(Outcome.COMPLETED, 0, 0, Duration.ZERO, false, false, ProgramExit.Details.NONE);
        });
        SlowReader<ExecuteRequest, ?> reader = unread(ExecutionServiceGrpc.getExecuteMethod(), request());
        await().until(() -> !vmm.starts().isEmpty() && vmm.livingCount() == 0);
        untilTimeHasPassed(() -> responses.count() == 0);
        assertThat(statusOf(reader).getCode()).isEqualTo(Status.Code.CANCELLED);
        assertThat(data.resolve("audit/audit.jsonl")).content().contains("\"outcome\":\"COMPLETED\"");
    }

    @Test
    void aKeyedExecutionContinuesWithoutItsListener() {
        guests = () -> new FakeGuest().flooding();
        ExecuteRequest keyed = request().toBuilder().setIdempotencyKey("k").build();
        SlowReader<ExecuteRequest, ?> _ = unread(ExecutionServiceGrpc.getExecuteStreamMethod(), keyed);
        await().until(() -> responses.count() == 1);
        untilTimeHasPassed(() -> responses.count() == 0);
        assertThat(ExecutionServiceGrpc.newBlockingStub(channel).execute(keyed).getOutcome())
                .isEqualTo(io.neurovisor.proto.execution.Outcome.OUTPUT_LIMIT);
        assertThat(vmm.starts()).hasSize(1);
    }

    @Test
    void aCallWithoutOutputIsNotCancelled() {
        guests = () -> new FakeGuest().hanging();
        SlowReader<ExecuteRequest, ?> reader = unread(ExecutionServiceGrpc.getExecuteStreamMethod(), request());
        await().until(() -> vmm.livingCount() == 1);
        for (int time = 0; time < 10; time++) {
            ticker.advance(TIMEOUT);
            responses.endUnread();
        }
        assertThat(responses.count()).isEqualTo(1);
        assertThat(vmm.livingCount()).isEqualTo(1);
        reader.cancel();
        await().until(() -> responses.count() == 0 && vmm.livingCount() == 0);
    }

    /** Data in transit when the time begins to pass counts as read. */
    private void untilTimeHasPassed(BooleanSupplier condition) {
        await().until(() -> {
            responses.endUnread();
            ticker.advance(TIMEOUT);
            return condition.getAsBoolean();
        });
    }

    private <A> SlowReader<ExecuteRequest, A> unread(
            MethodDescriptor<ExecuteRequest, A> method, ExecuteRequest request) {
        return new SlowReader<>(channel, method, request, _ -> 1);
    }

    /** The status arrives after everything that was sent before it. */
    private static Status statusOf(SlowReader<?, ?> reader) throws Exception {
        reader.read(Integer.MAX_VALUE);
        return reader.status();
    }

    private static ExecuteRequest request() {
        return ExecuteRequest.newBuilder().setLanguage("python").setCode("1").build();
    }
}
