package io.neurovisor.host.guestlink;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.guest.GuestUsage;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.guest.AdoptRequest;
import io.neurovisor.proto.guest.AdoptResponse;
import io.neurovisor.proto.guest.GuestServiceGrpc;
import io.neurovisor.proto.guest.PrimeRequest;
import io.neurovisor.proto.guest.PrimeResponse;
import io.neurovisor.proto.guest.SetClockRequest;
import io.neurovisor.proto.guest.SetClockResponse;
import io.neurovisor.proto.guest.StatsRequest;
import io.neurovisor.proto.guest.StatsResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class GrpcGuestChannelTest {
    /** A guest that is emulated in an emulated machine takes more than five minutes to import Python's libraries. */
    @Test
    void primeMayUseItsWholeDeadline() throws IOException {
        CompletableFuture<PrimeRequest> asked = new CompletableFuture<>();
        GuestServiceGrpc.GuestServiceImplBase guest = new GuestServiceGrpc.GuestServiceImplBase() {
            @Override
            public void prime(PrimeRequest request, StreamObserver<PrimeResponse> answer) {
                asked.complete(request);
                answer.onNext(PrimeResponse.getDefaultInstance());
                answer.onCompleted();
            }
        };
        try (ServedGuest served = new ServedGuest(guest)) {
            Ticker stopped = () -> 0;
            served.host.prime(new Program(Language.BASH, "true"), Deadline.after(Duration.ofMillis(899_500), stopped));
        }
        assertThat(asked.join().getProgram().getTimeoutSecs()).isEqualTo(900);
    }

    @Test
    void adoptsAGuest() throws IOException {
        CompletableFuture<AdoptRequest> asked = new CompletableFuture<>();
        GuestServiceGrpc.GuestServiceImplBase guest = new GuestServiceGrpc.GuestServiceImplBase() {
            @Override
            public void adopt(AdoptRequest request, StreamObserver<AdoptResponse> answer) {
                asked.complete(request);
                answer.onNext(AdoptResponse.newBuilder().setDiskBytes(5).build());
                answer.onCompleted();
            }
        };
        try (ServedGuest served = new ServedGuest(guest)) {
            assertThat(served.host.adopt(Map.of("A", "b"), Optional.empty(), soon()))
                    .isEqualTo(5);
        }
        assertThat(asked.join())
                .isEqualTo(AdoptRequest.newBuilder().putEnv("A", "b").build());
    }

    @Test
    void setsTheClock() throws IOException {
        CompletableFuture<SetClockRequest> asked = new CompletableFuture<>();
        GuestServiceGrpc.GuestServiceImplBase guest = new GuestServiceGrpc.GuestServiceImplBase() {
            @Override
            public void setClock(SetClockRequest request, StreamObserver<SetClockResponse> answer) {
                asked.complete(request);
                answer.onNext(SetClockResponse.getDefaultInstance());
                answer.onCompleted();
            }
        };
        try (ServedGuest served = new ServedGuest(guest)) {
            served.host.setClock(soon());
        }
        assertThat(asked.join().getUnixNanos()).isEqualTo(1_000_000_007);
    }

    @Test
    void usageOfAGuestIsConsistent() throws IOException {
        StatsResponse[] answers = {
            StatsResponse.newBuilder()
                    .setCpuBusySeconds(1.5)
                    .setMemoryTotalBytes(100)
                    .setMemoryAvailableBytes(70)
                    .setMemoryCacheBytes(20)
                    .setDiskUsedBytes(1)
                    .setDiskTotalBytes(50)
                    .setProcesses(3)
                    .build(),
            StatsResponse.newBuilder()
                    .setCpuBusySeconds(Double.NaN)
                    .setMemoryTotalBytes(100)
                    .setMemoryAvailableBytes(-1)
                    .setMemoryCacheBytes(Long.MAX_VALUE)
                    .setDiskUsedBytes(51)
                    .setDiskTotalBytes(50)
                    .setProcesses(-3)
                    .build()
        };
        Iterator<StatsResponse> next = List.of(answers).iterator();
        GuestServiceGrpc.GuestServiceImplBase guest = new GuestServiceGrpc.GuestServiceImplBase() {
            @Override
            public void stats(StatsRequest request, StreamObserver<StatsResponse> answer) {
                answer.onNext(next.next());
                answer.onCompleted();
            }
        };
        try (ServedGuest served = new ServedGuest(guest)) {
            assertThat(served.host.usage(soon())).isEqualTo(new GuestUsage(1.5, 30, 100, 20, 1, 50, 3));
            assertThat(served.host.usage(soon())).isEqualTo(new GuestUsage(0, 100, 100, 100, 50, 50, 0));
        }
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofMinutes(1), Ticker.SYSTEM);
    }

    /** A guest agent on a loopback port, and its channel. */
    private static final class ServedGuest implements AutoCloseable {
        final GuestChannel host;
        private final Server server;

        ServedGuest(BindableService service) throws IOException {
            server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .addService(service)
                    .build()
                    .start();
            host = new GrpcGuestChannel(
                    NettyChannelBuilder.forAddress((InetSocketAddress)
                                    server.getListenSockets().getFirst())
                            .usePlaintext()
                            .build(),
                    () -> Instant.ofEpochSecond(1, 7),
                    closing -> {});
        }

        @Override
        public void close() {
            host.close();
            server.shutdownNow();
        }
    }
}
