package io.neurovisor.tests.hostile.guest;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The guest side of one machine, which attacks every connection. {@link #close} has the effect of killing a VMM. */
final class ForgedGuest implements AutoCloseable {
    private final Path socket;
    private final ServerSocketChannel server;
    private final Attack attack;
    private final Traffic traffic;
    private final Set<ForgedConnection> connections = ConcurrentHashMap.newKeySet();

    private ForgedGuest(Path socket, ServerSocketChannel server, Attack attack, Traffic traffic) {
        this.socket = socket;
        this.server = server;
        this.attack = attack;
        this.traffic = traffic;
    }

    static ForgedGuest start(Path socket, Attack attack, Traffic traffic) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        ForgedGuest guest = new ForgedGuest(socket, server, attack, traffic);
        Thread _ = Thread.startVirtualThread(guest::accept);
        return guest;
    }

    Path socket() {
        return socket;
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (ForgedConnection connection : connections) {
            connection.close();
        }
        Files.deleteIfExists(socket);
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel accepted = server.accept();
                ForgedConnection connection = new ForgedConnection(accepted, traffic);
                connections.add(connection);
                if (!server.isOpen()) {
                    connection.close(); // It arrived after close() had run.
                }
                traffic.connected();
                connection.listen();
                Thread _ = Thread.startVirtualThread(() -> speak(connection));
            }
        } catch (IOException closed) {
            // The machine is gone.
        }
    }

    private void speak(ForgedConnection connection) {
        try {
            attack.speak(connection);
        } catch (IOException hungUp) {
            // Closed by the host or together with the machine.
        }
    }
}
