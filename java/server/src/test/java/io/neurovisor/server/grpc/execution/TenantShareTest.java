package io.neurovisor.server.grpc.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.neurovisor.engine.execution.ExecutionListener;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.server.access.keys.ApiKeys;
import io.neurovisor.server.access.keys.KeyGrant;
import io.neurovisor.server.access.keys.KeyName;
import io.neurovisor.server.access.keys.Scope;
import io.neurovisor.server.grpc.ServedExecutions;
import io.neurovisor.server.grpc.TestServer;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Calls with a key that has a share of the pool, over real connections, to guests that run until they are cancelled.
 */
final class TenantShareTest {
    private static final MachineKind SMALL = new MachineKind("base", SandboxSize.SMALL);
    private static final ExecuteRequest REQUEST = ExecuteRequest.newBuilder()
            .setLanguage("python")
            .setCode("while True: pass")
            .build();

    private final FakeVmm vmm = new FakeVmm(_ -> new FakeGuest().hanging());
    private final WarmPool pool = new WarmPool(
            TestPools.plan(SMALL, 0, 4, Duration.ofSeconds(30)),
            TestPools.machines(vmm, TestFiles.bootFiles(), Ticker.SYSTEM),
            _ -> {},
            Ticker.SYSTEM,
            MachineListener.NONE);

    @Test
    void aKeyHasNoMoreMachinesThanItsShare(@TempDir Path data) {
        String secret = key(data, new PoolShare(Optional.of(1), Optional.of(1)));
        try (ServedExecutions served = new ServedExecutions(
                data,
                new Executions(_ -> SMALL, pool, Ticker.SYSTEM, ExecutionListener.NONE),
                false,
                Optional.empty())) {
            ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", served.listen())
                    .usePlaintext()
                    .build();
            ExecutionServiceGrpc.ExecutionServiceFutureStub keyless = ExecutionServiceGrpc.newFutureStub(channel);
            ExecutionServiceGrpc.ExecutionServiceFutureStub limited = keyless.withInterceptors(bearer(secret));

            ListenableFuture<ExecuteResponse> first = limited.execute(REQUEST);
            await().until(() -> pool.status().active() == 1);
            ListenableFuture<ExecuteResponse> second = limited.execute(REQUEST);
            await().until(() -> pool.status().waiting() == 1);
            assertThatThrownBy(() -> ExecutionServiceGrpc.newBlockingStub(channel)
                            .withInterceptors(bearer(secret))
                            .execute(REQUEST))
                    .isInstanceOfSatisfying(StatusRuntimeException.class, refusal -> {
                        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
                        assertThat(refusal.getStatus().getDescription()).startsWith("key:ci has 1 requests that wait");
                        assertThat(TestServer.reason(refusal)).isEqualTo("TENANT_LIMIT");
                        assertThat(TestServer.hasRetryDelay(refusal)).isTrue();
                    });

            ListenableFuture<ExecuteResponse> other = keyless.execute(REQUEST);
            await().until(() -> pool.status().active() == 2);
            assertThat(pool.status().waiting()).isEqualTo(1);
            first.cancel(true);
            await().until(() -> pool.status().waiting() == 0 && pool.status().active() == 2);
            second.cancel(true);
            other.cancel(true);
            await().until(() -> vmm.livingCount() == 0);
            channel.shutdownNow();
        }
    }

    private static String key(Path data, PoolShare share) {
        try (ApiKeys keys = ApiKeys.open(data.resolve("access"), InstantSource.system())) {
            return keys.create(new KeyGrant(
                            new KeyName("ci"), EnumSet.of(Scope.EXECUTE), Optional.empty(), Optional.empty(), share))
                    .secret()
                    .reveal();
        }
    }

    private static ClientInterceptor bearer(String secret) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + secret);
        return MetadataUtils.newAttachHeadersInterceptor(headers);
    }
}
