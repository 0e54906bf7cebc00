package io.neurovisor.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.server.access.CallLimits;
import io.neurovisor.server.access.keys.ApiKeys;
import io.neurovisor.server.access.keys.KeyGrant;
import io.neurovisor.server.access.keys.KeyName;
import io.neurovisor.server.access.keys.Scope;
import io.neurovisor.server.client.DaemonClient;
import io.neurovisor.server.grpc.guard.InboundMemory;
import io.neurovisor.server.grpc.guard.OutboundMemory;
import io.neurovisor.server.grpc.guard.PendingResponses;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.RawHttp2;
import io.neurovisor.testkit.RecordingSink;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that use as many resources as they can, next to well-behaved clients with a key and at the Unix socket. */
@Timeout(300)
@SuppressWarnings("NullAway.Init") // Set before each test.
final class HostileClientsTest {
    private static final String CHECK = "grpc.health.v1.Health/Check";

    @TempDir
    private Path data;

    private final CallLimits limits = new CallLimits();
    private final List<ManagedChannel> channels = new ArrayList<>();
    private String secret;
    private ServedExecutions served;
    private int port;

    @BeforeEach
    void serve() {
        try (ApiKeys keys = ApiKeys.open(data.resolve("access"), InstantSource.system())) {
            secret = keys.create(new KeyGrant(
                            new KeyName("honest"),
                            EnumSet.of(Scope.EXECUTE),
                            Optional.empty(),
                            Optional.empty(),
                            PoolShare.UNLIMITED))
                    .secret()
                    .reveal();
        }
        serve(ClientTimeouts.STANDARD);
    }

    private void serve(ClientTimeouts timeouts) {
        BindableService health = new HealthStatusManager().getHealthService();
        served = new ServedExecutions(
                data,
                TestPools.executions(new FakeVmm(_ -> new FakeGuest()), TestFiles.bootFiles(), Ticker.SYSTEM),
                false,
                Optional.empty(),
                (services, interceptors) -> new GrpcPorts(
                        Stream.concat(services.stream(), Stream.of(health)).toList(),
                        interceptors,
                        InboundMemory.ofThisProcess(),
                        limits,
                        timeouts,
                        new PendingResponses(OutboundMemory.ofThisProcess(), Duration.ofMinutes(1), Ticker.SYSTEM)));
        port = served.listen();
        served.listen(data.resolve("s"));
    }

    @AfterEach
    void close() {
        channels.forEach(ManagedChannel::shutdownNow);
        served.close();
    }

    @Test
    void keylessWatchesDoNotUseUpOtherCalls() {
        Watches watches = new Watches();
        // Exceeds the number of calls for all callers together.
        for (int connection = 0; connection < 9; connection++) {
            HealthGrpc.HealthStub stub = HealthGrpc.newStub(channel());
            for (int count = 0; count < GrpcPorts.MAX_CALLS_OF_A_CONNECTION; count++) {
                stub.watch(HealthCheckRequest.getDefaultInstance(), watches);
            }
        }
        await().atMost(Duration.ofMinutes(2))
                .until(() -> watches.refused.get() == 9 * 256 - 512 && watches.open.get() == 512);
        honestClientsAreServed();
        assertThat(limits.calls()).isGreaterThanOrEqualTo(512);

        channels.forEach(ManagedChannel::shutdownNow);
        await().atMost(Duration.ofMinutes(1)).until(() -> limits.calls() == 0);
    }

    @Test
    void callsBeyondTheLimitOfAConnectionWait() {
        Watches watches = new Watches();
        HealthGrpc.HealthStub stub = HealthGrpc.newStub(channel());
        for (int count = 0; count < GrpcPorts.MAX_CALLS_OF_A_CONNECTION + 10; count++) {
            stub.watch(HealthCheckRequest.getDefaultInstance(), watches);
        }
        await().atMost(Duration.ofMinutes(1)).until(() -> watches.open.get() == GrpcPorts.MAX_CALLS_OF_A_CONNECTION);
        assertThat(watches.refused).hasValue(0);
        honestClientsAreServed();
    }

    @Test
    void rapidResetsEndTheirConnection() throws IOException {
        try (RawHttp2 hostile = new RawHttp2(port)) {
            for (int count = 0; count <= GrpcPorts.MAX_RESETS; count++) {
                hostile.open(2 * count + 1, CHECK);
                hostile.reset(2 * count + 1);
            }
            assertThat(hostile.awaitGoAway()).isEqualTo(RawHttp2.ENHANCE_YOUR_CALM);
        }
        honestClientsAreServed();
        await().until(() -> limits.calls() == 0);
    }

    @Test
    void newConnectionsReplaceIdleOnesOfTheirAddress() throws IOException {
        Watches watches = new Watches();
        HealthGrpc.newStub(channel()).watch(HealthCheckRequest.getDefaultInstance(), watches);
        await().until(() -> watches.open.get() == 1);
        List<RawHttp2> idle = new ArrayList<>();
        try {
            for (int count = 0; count < GrpcPorts.MAX_CONNECTIONS_OF_AN_ADDRESS; count++) {
                idle.add(new RawHttp2(port));
            }
            assertThat(idle.getFirst().isClosed())
                    .as("the oldest makes room for the last one")
                    .isTrue();
            honestClientsAreServed();
            assertThat(watches.refused).as("the connection that serves a call").hasValue(0);
        } finally {
            for (RawHttp2 client : idle) {
                client.close();
            }
        }
    }

    @Test
    void callsOnEveryConnectionOfAnAddressExcludeNoOtherClient() throws IOException {
        List<RawHttp2> hostile = new ArrayList<>();
        try {
            for (int count = 0; count < GrpcPorts.MAX_CONNECTIONS_OF_AN_ADDRESS; count++) {
                hostile.add(new RawHttp2(port));
                hostile.getLast().open(1, CHECK);
            }
            // The others are rejected, which ends their streams although their requests are incomplete.
            await().until(() -> limits.calls() == 512);
            honestClientsAreServed();
        } finally {
            for (RawHttp2 client : hostile) {
                client.close();
            }
        }
    }

    @Test
    void anOldConnectionAcceptsNoFurtherCalls() throws IOException {
        served.close();
        serve(new ClientTimeouts(Duration.ofMinutes(1), Duration.ofSeconds(1)));
        try (RawHttp2 client = new RawHttp2(port)) {
            client.readBeforeKeepalive();
            client.open(1, CHECK);
            assertThat(client.awaitGoAway()).isEqualTo(RawHttp2.NO_ERROR);
        }
        honestClientsAreServed();
    }

    private void honestClientsAreServed() {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + secret);
        assertThat(ExecutionServiceGrpc.newBlockingStub(channel())
                        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                        .execute(ExecuteRequest.newBuilder()
                                .setLanguage("python")
                                .setCode("key")
                                .build())
                        .getStdout())
                .isEqualTo("key");
        try (DaemonClient own = DaemonClient.connect(data.resolve("s"))) {
            ExecutionRequest request = new ExecutionRequest(
                    new TraceId(UUID.randomUUID()),
                    new Program(Language.BASH, "socket"),
                    Duration.ofSeconds(30),
                    SandboxSize.SMALL);
            assertThat(own.execute(request, new RecordingSink()).vmm()).isEqualTo("fake");
        }
    }

    private ManagedChannel channel() {
        channels.add(
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build());
        return channels.getLast();
    }

    /** Health watches, with the number of those that got a response and of those that were rejected. */
    private static final class Watches implements StreamObserver<HealthCheckResponse> {
        private final AtomicInteger open = new AtomicInteger();
        private final AtomicInteger refused = new AtomicInteger();

        @Override
        public void onNext(HealthCheckResponse answer) {
            open.incrementAndGet();
        }

        @Override
        public void onError(Throwable failure) {
            if (Status.fromThrowable(failure).getCode() == Status.Code.RESOURCE_EXHAUSTED) {
                refused.incrementAndGet();
            }
        }

        @Override
        public void onCompleted() {}
    }
}
