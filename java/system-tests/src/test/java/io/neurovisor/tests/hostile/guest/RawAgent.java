package io.neurovisor.tests.hostile.guest;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A server on a Unix socket that does not speak HTTP: it sends the same bytes on each connection and reads nothing. Without bytes it
 * closes the connection.
 */
final class RawAgent implements AutoCloseable {
    private final Path socket;
    private final ServerSocketChannel server;

    private RawAgent(Path socket, ServerSocketChannel server) {
        this.socket = socket;
        this.server = server;
    }

    static RawAgent answering(Path directory, String answer) throws IOException {
        Path socket = directory.resolve("agent");
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        byte[] bytes = answer.getBytes(StandardCharsets.ISO_8859_1);
        Thread.ofVirtual().start(() -> serve(server, bytes));
        return new RawAgent(socket, server);
    }

    Path socket() {
        return socket;
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    private static void serve(ServerSocketChannel server, byte[] answer) {
        while (server.isOpen()) {
            try (SocketChannel client = server.accept()) {
                client.write(ByteBuffer.wrap(answer));
                while (answer.length > 0 && client.read(ByteBuffer.allocate(8192)) >= 0) {
                    // The host may close the connection first.
                }
            } catch (IOException hungUp) {
                // Closed by the host or at the end of the test.
            }
        }
    }
}
