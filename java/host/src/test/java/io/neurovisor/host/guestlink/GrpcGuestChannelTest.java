package io.neurovisor.host.guestlink;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.guest.GuestServiceGrpc;
import io.neurovisor.proto.guest.PrimeRequest;
import io.neurovisor.proto.guest.PrimeResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
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
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(guest)
                .build()
                .start();
        try (GuestChannel host = new GrpcGuestChannel(
                NettyChannelBuilder.forAddress(
                                (InetSocketAddress) server.getListenSockets().getFirst())
                        .usePlaintext()
                        .build(),
                InstantSource.system())) {
            Ticker stopped = () -> 0;
            host.prime(new Program(Language.BASH, "true"), Deadline.after(Duration.ofMillis(899_500), stopped));
        } finally {
            server.shutdownNow();
        }
        assertThat(asked.join().getProgram().getTimeoutSecs()).isEqualTo(900);
    }
}
