package io.neurovisor.examples;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** Takes the place of a guest agent and floods the host with HTTP/2 pings (RFC 9113, section 6.7). */
final class FloodingGuest implements AutoCloseable {
    private static final byte[] SETTINGS = {0, 0, 0, 4, 0, 0, 0, 0, 0};
    private static final byte[] PING = {0, 0, 8, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

    private final Path directory;
    private final ServerSocketChannel server;

    private FloodingGuest(Path directory, ServerSocketChannel server) {
        this.directory = directory;
        this.server = server;
    }

    static FloodingGuest start() {
        try {
            Path directory = Files.createTempDirectory("neurovisor-guest");
            ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            FloodingGuest guest = new FloodingGuest(directory, server);
            server.bind(UnixDomainSocketAddress.of(guest.socket()));
            Thread.ofPlatform().daemon().name("flooding-guest").start(guest::flood);
            return guest;
        } catch (IOException exception) {
            throw failure(exception);
        }
    }

    Path socket() {
        return directory.resolve("agent");
    }

    private void flood() {
        try (SocketChannel host = server.accept()) {
            write(host, SETTINGS);
            while (server.isOpen()) {
                write(host, PING);
            }
        } catch (IOException hungUp) {
            // The host has closed the connection, or the example has ended.
        }
    }

    private static void write(SocketChannel host, byte[] frame) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(frame);
        while (bytes.hasRemaining()) {
            int _ = host.write(bytes);
        }
    }

    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(socket());
            Files.deleteIfExists(directory);
        } catch (IOException exception) {
            throw failure(exception);
        }
    }

    private static NeuroVisorException failure(IOException exception) {
        return new NeuroVisorException(
                Fault.TOOL_FAILED, "the flooding guest has no socket: " + exception.getMessage(), exception);
    }
}
