package io.neurovisor.host.guestlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.host.guestlink.wire.GuestRateLimit;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class VsockHandshakeTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final String HTTP2 = "PRI * HTTP/2.0";

    @TempDir
    private Path directory;

    @Test
    void requestsThePortFirst() throws IOException {
        try (Firecracker firecracker = new Firecracker("OK 1073741824\n", HTTP2.length());
                GuestLinks links = new GuestLinks(InstantSource.system());
                GuestChannel channel =
                        links.openVsock(firecracker.socket, 6000, LIMIT, new GuestRateLimit(Ticker.SYSTEM), _ -> {})) {
            assertFault(() -> channel.hello(soon()), Fault.SANDBOX_LOST);
            assertThat(firecracker.request.join()).isEqualTo("CONNECT 6000\n");
            assertThat(firecracker.afterwards.join()).isEqualTo(HTTP2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "OK", "NO 5\n", "\n", "OK 1073741824 and so on, without an end, as long as you like"})
    void rejectsAnotherResponse(String answer) throws IOException {
        try (Firecracker firecracker = new Firecracker(answer, 0);
                GuestLinks links = new GuestLinks(InstantSource.system());
                GuestChannel channel =
                        links.openVsock(firecracker.socket, 6000, LIMIT, new GuestRateLimit(Ticker.SYSTEM), _ -> {})) {
            assertFault(() -> channel.hello(soon()), Fault.SANDBOX_LOST);
        }
    }

    @Test
    void closesAConnectionThatIsNotAcceptedInTime() throws IOException {
        try (ServerSocketChannel silent = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                GuestLinks links = new GuestLinks(InstantSource.system())) {
            Path socket = directory.resolve("silent");
            silent.bind(UnixDomainSocketAddress.of(socket));
            try (GuestChannel channel =
                    links.openVsock(socket, 6000, Duration.ofMillis(1), new GuestRateLimit(Ticker.SYSTEM), _ -> {})) {
                assertFault(() -> channel.hello(soon()), Fault.SANDBOX_LOST);
            }
        }
    }

    private static void assertFault(Runnable call, Fault fault) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(fault));
    }

    private static Deadline soon() {
        return Deadline.after(LIMIT, Ticker.SYSTEM);
    }

    /** A server on a socket like Firecracker's: answers one connection and then closes it. */
    private final class Firecracker implements AutoCloseable {
        private final Path socket = directory.resolve("v");
        private final ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        private final CompletableFuture<String> request = new CompletableFuture<>();
        private final CompletableFuture<String> afterwards = new CompletableFuture<>();

        Firecracker(String answer, int more) throws IOException {
            server.bind(UnixDomainSocketAddress.of(socket));
            Thread.ofVirtual().start(() -> {
                try (SocketChannel connection = server.accept()) {
                    request.complete(read(connection, "CONNECT 6000\n".length()));
                    connection.write(StandardCharsets.US_ASCII.encode(answer));
                    afterwards.complete(read(connection, more));
                } catch (IOException exception) {
                    request.completeExceptionally(exception);
                    afterwards.completeExceptionally(exception);
                }
            });
        }

        private static String read(SocketChannel connection, int bytes) throws IOException {
            ByteBuffer buffer = ByteBuffer.allocate(bytes);
            while (buffer.hasRemaining() && connection.read(buffer) >= 0) {}
            return StandardCharsets.US_ASCII.decode(buffer.flip()).toString();
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }
}
