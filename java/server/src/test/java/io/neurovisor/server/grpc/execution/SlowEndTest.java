package io.neurovisor.server.grpc.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.neurovisor.engine.execution.ExecutionListener;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.proto.execution.Outcome;
import io.neurovisor.server.grpc.ServedExecutions;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A keyed execution whose machine takes long to end. */
final class SlowEndTest {
    private static final MachineKind SMALL = new MachineKind("base", SandboxSize.SMALL);

    private static final ExecuteRequest KEYED = ExecuteRequest.newBuilder()
            .setLanguage("python")
            .setCode("print(6*7)")
            .setIdempotencyKey("once")
            .build();

    private final CompletableFuture<Void> mayEnd = new CompletableFuture<>();
    private final FakeVmm vmm = new FakeVmm(_ -> new FakeGuest());

    @Test
    void storesTheResultOfAnExecutionThatFailsToCleanUp(@TempDir Path data) throws InterruptedException {
        vmm.endNoSoonerThan(mayEnd);
        WarmPool pool = new WarmPool(
                TestPools.plan(SMALL, 0, 4, Duration.ofSeconds(30)),
                TestPools.machines(vmm, TestFiles.bootFiles(), Ticker.SYSTEM),
                _ -> {},
                Ticker.SYSTEM,
                MachineListener.NONE);
        try (ServedExecutions served = new ServedExecutions(
                data,
                new Executions(_ -> SMALL, pool, Ticker.SYSTEM, ExecutionListener.NONE),
                false,
                Optional.empty())) {
            ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", served.listen())
                    .usePlaintext()
                    .build();
            ExecutionServiceGrpc.ExecutionServiceBlockingStub client = ExecutionServiceGrpc.newBlockingStub(channel);
            ExecuteResponse first = client.execute(KEYED);
            assertThat(first.getOutcome()).isEqualTo(Outcome.COMPLETED);
            assertThat(first.getStdout()).isEqualTo("print(6*7)");
            assertThat(pool.status().ending()).isEqualTo(1);

            assertThat(client.execute(KEYED)).isEqualTo(first);
            assertThat(vmm.starts()).hasSize(1);

            mayEnd.complete(null);
            await().until(() -> pool.status().machines() == 0);
            assertThat(channel.shutdownNow().awaitTermination(30, TimeUnit.SECONDS))
                    .isTrue();
        }
    }
}
