package io.neurovisor.server.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class HealthWatchTest {
    private final AtomicBoolean ready = new AtomicBoolean();
    private final HealthWatch health = new HealthWatch(ready::get, Set.of(""), Set.of("needs-nothing"));
    private Server server;
    private ManagedChannel channel;

    @BeforeEach
    void serve() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(health.service())
                .build()
                .start();
        channel = NettyChannelBuilder.forAddress(server.getListenSockets().getFirst())
                .usePlaintext()
                .build();
        health.start();
    }

    @AfterEach
    void end() {
        channel.shutdownNow();
        server.shutdownNow();
        health.close();
    }

    @Test
    void notifiesWatchersWithoutDelayingTheShutdown() throws InterruptedException {
        Iterator<HealthCheckResponse> whole = watch("");
        Iterator<HealthCheckResponse> one = watch("needs-nothing");
        assertThat(whole.next().getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
        assertThat(one.next().getStatus()).isEqualTo(ServingStatus.SERVING);
        ready.set(true);
        assertThat(whole.next().getStatus()).isEqualTo(ServingStatus.SERVING);

        health.drain();
        assertThat(whole.next().getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
        assertThat(one.next().getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
        server.shutdown();
        health.closeWatches();
        assertThat(server.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        assertThatThrownBy(one::hasNext)
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        exception -> assertThat(exception.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    }

    private Iterator<HealthCheckResponse> watch(String service) {
        return HealthGrpc.newBlockingStub(channel)
                .watch(HealthCheckRequest.newBuilder().setService(service).build());
    }
}
