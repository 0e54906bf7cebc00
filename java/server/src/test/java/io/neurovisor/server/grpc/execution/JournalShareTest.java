package io.neurovisor.server.grpc.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.server.grpc.ServedExecutions;
import io.neurovisor.server.grpc.TestServer;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls with an idempotency key by a caller whose share of the journal is used up. */
final class JournalShareTest {
    private static final long SHARE_BYTES = 1L << 30;

    private final FakeVmm vmm = new FakeVmm(_ -> new FakeGuest().executing(JournalShareTest::program));
    private final Executions executions = TestPools.executions(vmm, TestFiles.bootFiles(), Ticker.SYSTEM);

    @TempDir
    private Path data;

    @Test
    void rejectsATenantWhoseShareIsUsedUp() throws SQLException {
        try (ServedExecutions served = new ServedExecutions(data, executions, false, Optional.empty())) {
            keep("loopback", SHARE_BYTES);
            ManagedChannel channel = connected(served.listen());
            StatusRuntimeException refusal =
                    catchThrowableOfType(StatusRuntimeException.class, () -> execute(channel, "new"));
            assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(TestServer.reason(refusal)).isEqualTo("JOURNAL_FULL");
            assertThat(TestServer.retryDelay(refusal)).isGreaterThan(Duration.ofMinutes(10));
            assertThat(refusal.getStatus().getDescription())
                    .startsWith("loopback has 1 executions with an idempotency key and 1024 MiB of their output");
            assertThat(vmm.starts()).isEmpty();
            ExecuteResponse withoutKey = ExecutionServiceGrpc.newBlockingStub(channel)
                    .execute(request("").clearIdempotencyKey().build());
            assertThat(withoutKey.getStdout()).hasSize(1 << 20);
            disown("key:other");
            assertThat(execute(channel, "new").getStdoutTruncated()).isFalse();
            channel.shutdownNow();
        }
    }

    @Test
    void truncatesOutputThatExceedsTheShare() throws SQLException {
        try (ServedExecutions served = new ServedExecutions(data, executions, false, Optional.empty())) {
            keep("loopback", SHARE_BYTES - JournaledExecution.PART_BYTES - (1 << 10));
            ManagedChannel channel = connected(served.listen());
            ExecuteResponse answer = execute(channel, "large");
            assertThat(answer.getOutcome()).isEqualTo(io.neurovisor.proto.execution.Outcome.COMPLETED);
            assertThat(answer.getStdoutTruncated()).isTrue();
            assertThat(answer.getStdout().length())
                    .isBetween(JournaledExecution.PART_BYTES, 3 * JournaledExecution.PART_BYTES);
            ExecuteResponse again = execute(channel, "large");
            assertThat(again.toBuilder().clearTraceId().build())
                    .isEqualTo(answer.toBuilder().clearTraceId().build());
            assertThat(vmm.starts()).hasSize(1);
            channel.shutdownNow();
        }
    }

    /** Writes a MiB in pieces, as a guest does. */
    private static ProgramExit program(Program program, OutputSink sink) {
        for (int piece = 0; piece < 16; piece++) {
            sink.stdout(ByteBuffer.wrap("x".repeat(64 << 10).getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
        }
        return new ProgramExit(Outcome.COMPLETED, 0, 0, Duration.ZERO, false, false, ProgramExit.Details.NONE);
    }

    private static ExecuteRequest.Builder request(String key) {
        return ExecuteRequest.newBuilder().setLanguage("python").setCode("1").setIdempotencyKey(key);
    }

    private static ExecuteResponse execute(ManagedChannel channel, String key) {
        return ExecutionServiceGrpc.newBlockingStub(channel)
                .execute(request(key).build());
    }

    private static ManagedChannel connected(int port) {
        return NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    }

    /** Records output of this many bytes in the journal. */
    private void keep(String tenant, long bytes) throws SQLException {
        try (Connection database = database();
                PreparedStatement insert = database.prepareStatement(
                        "INSERT INTO execution (tenant, key, request_sha256, owner, begun_ms, ended_ms, answer_bytes)"
                                + " VALUES (?, 'stored', 'd', 'o', ?, ?, ?)")) {
            long now = java.time.InstantSource.system().millis();
            insert.setString(1, tenant);
            insert.setLong(2, now);
            insert.setLong(3, now);
            insert.setLong(4, bytes);
            assertThat(insert.executeUpdate()).isEqualTo(1);
        }
    }

    private void disown(String tenant) throws SQLException {
        try (Connection database = database();
                PreparedStatement update = database.prepareStatement("UPDATE execution SET tenant = ?")) {
            update.setString(1, tenant);
            assertThat(update.executeUpdate()).isEqualTo(1);
        }
    }

    private Connection database() throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:" + data.resolve("journal/journal.db"));
    }
}
