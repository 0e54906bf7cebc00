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
 * Somebody on a Unix socket who speaks no HTTP: says the same to everybody and listens to no answer. With nothing to say it
 * hangs up.
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
                    // Who hangs up first ends the connection for a reason of its own.
                }
            } catch (IOException hungUp) {
                // By the host, or by the test that is over.
            }
        }
    }
}
