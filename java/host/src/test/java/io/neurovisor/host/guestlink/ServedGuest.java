package io.neurovisor.host.guestlink;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** A service of a guest agent that listens on a port of the loopback address, and the connection to it. */
final class ServedGuest implements AutoCloseable {
    private static final int MAX_MESSAGE_BYTES = 128 << 10;

    private final Server server;
    private final GuestConnection connection;

    ServedGuest(BindableService service) throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(service)
                .build()
                .start();
        connection = new GuestConnection(
                NettyChannelBuilder.forAddress(server.getListenSockets().getFirst())
                        .usePlaintext()
                        .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                        .build());
    }

    GuestConnection connection() {
        return connection;
    }

    @Override
    public void close() {
        connection.close();
        server.shutdownNow();
    }
}
