package io.neurovisor.host.guestlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.host.guestlink.wire.GuestRateLimit;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The effect of layer 4 alone: the same guest with and without its rate limit. */
final class GuestFloodTest {
    private static final int ROUNDS = 100;
    private static final int PINGS_A_ROUND = 1000;

    @TempDir
    private Path directory;

    @Test
    void disconnectsAGuestThatExceedsItsRate() throws IOException {
        try (FloodingGuest guest = new FloodingGuest(directory.resolve("agent"));
                GuestLinks links = new GuestLinks(InstantSource.system());
                GuestChannel host = links.open(guest.socket, new GuestRateLimit(Ticker.SYSTEM))) {
            assertIsHungUpOn(guest, host);
        }
    }

    @Test
    void disconnectsAGuestBehindAVsock() throws IOException {
        try (FloodingGuest guest = FloodingGuest.behindVsock(directory.resolve("agent"));
                GuestLinks links = new GuestLinks(InstantSource.system());
                GuestChannel host = links.openVsock(
                        guest.socket, 6000, Duration.ofMinutes(1), new GuestRateLimit(Ticker.SYSTEM), _ -> {})) {
            assertIsHungUpOn(guest, host);
        }
    }

    private static void assertIsHungUpOn(FloodingGuest guest, GuestChannel host) {
        assertThatThrownBy(() -> greet(host))
                .isInstanceOf(NeuroVisorException.class)
                .hasMessageContaining("the guest agent began more than 100 requests and 50 a second for 10 s");
        assertThat(guest.answered.join()).isLessThan(PINGS_A_ROUND);
    }

    @Test
    void answersEveryPingWithoutALimit() throws Exception {
        try (FloodingGuest guest = new FloodingGuest(directory.resolve("agent"));
                MultiThreadIoEventLoopGroup eventLoop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
                GuestChannel host = new GrpcGuestChannel(
                        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(guest.socket))
                                .channelFactory(NioDomainSocketChannel::new, UnixDomainSocketAddress.class)
                                .eventLoopGroup(eventLoop)
                                .usePlaintext()
                                .build(),
                        InstantSource.system(),
                        closing -> {})) {
            assertThatThrownBy(() -> greet(host)).isInstanceOf(NeuroVisorException.class);
            assertThat(guest.answered.join()).isEqualTo(ROUNDS * PINGS_A_ROUND);
        }
    }

    private static void greet(GuestChannel host) {
        host.hello(Deadline.after(Duration.ofMinutes(1), Ticker.SYSTEM));
    }

    /**
     * Sends unrequested pings, a round of them as soon as the last is answered, and then closes the connection (RFC
     * 9113, section 6.7).
     */
    private static final class FloodingGuest implements AutoCloseable {
        private static final byte[] SETTINGS = {0, 0, 0, 4, 0, 0, 0, 0, 0};
        private static final byte[] PING = {0, 0, 8, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        private static final String VSOCK_REQUEST = "CONNECT 6000\n";
        private static final String VSOCK_ANSWER = "OK 1073741824\n";
        private static final int PREFACE_BYTES = 24;
        private static final int HEADER_BYTES = 9;
        private static final int PING_ACKNOWLEDGED = 0x0601;

        final Path socket;
        final CompletableFuture<Integer> answered;
        private final boolean vsock;
        private final ServerSocketChannel server;

        FloodingGuest(Path socket) throws IOException {
            this(socket, false);
        }

        private FloodingGuest(Path socket, boolean vsock) throws IOException {
            this.socket = socket;
            this.vsock = vsock;
            this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(socket));
            this.answered = CompletableFuture.supplyAsync(
                            this::flood, task -> Thread.ofPlatform().daemon().start(task))
                    .orTimeout(1, TimeUnit.MINUTES);
        }

        /** Listens for a connection of Firecracker (docs/vsock.md of Firecracker). */
        static FloodingGuest behindVsock(Path socket) throws IOException {
            return new FloodingGuest(socket, true);
        }

        @Override
        public void close() throws IOException {
            server.close();
        }

        /** Returns the number of answered pings. */
        private int flood() {
            int answers = 0;
            try (SocketChannel host = server.accept()) {
                if (vsock) {
                    read(host, VSOCK_REQUEST.length());
                    host.write(StandardCharsets.US_ASCII.encode(VSOCK_ANSWER));
                }
                host.write(ByteBuffer.wrap(SETTINGS));
                read(host, PREFACE_BYTES);
                for (int round = 1; round <= ROUNDS; round++) {
                    ByteBuffer pings = ByteBuffer.allocate(PINGS_A_ROUND * PING.length);
                    while (pings.hasRemaining()) {
                        pings.put(PING);
                    }
                    host.write(pings.flip());
                    while (answers < round * PINGS_A_ROUND) {
                        ByteBuffer header = read(host, HEADER_BYTES);
                        read(host, header.getInt(0) >>> 8);
                        answers += header.getShort(3) == PING_ACKNOWLEDGED ? 1 : 0;
                    }
                }
            } catch (IOException hungUp) {
                // The host has closed the connection.
            }
            return answers;
        }

        private static ByteBuffer read(SocketChannel host, int size) throws IOException {
            ByteBuffer bytes = ByteBuffer.allocate(size);
            while (bytes.hasRemaining()) {
                if (host.read(bytes) < 0) {
                    throw new EOFException();
                }
            }
            return bytes.flip();
        }
    }
}
