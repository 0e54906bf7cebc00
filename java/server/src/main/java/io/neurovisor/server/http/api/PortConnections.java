package io.neurovisor.server.http.api;

import io.neurovisor.server.access.OpenConnections;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Limits the connections of a port: a new one replaces the oldest that serves no request, and one that has not sent the headers of a
 * request in time is closed, however slowly it sends.
 */
final class PortConnections implements Connection.Listener {
    private final OpenConnections<EndPoint> open;
    private final Duration firstRequest;
    private final Scheduler scheduler;

    /** @param most the most at a time, also of one address, which may be that of a proxy */
    PortConnections(int most, Duration firstRequest, Scheduler scheduler) {
        this.open = new OpenConnections<>(most, most, PortConnections::isIdle);
        this.firstRequest = firstRequest;
        this.scheduler = scheduler;
    }

    /** Is called for each protocol of a connection; the first one is that of the socket. */
    @Override
    public void onOpened(Connection connection) {
        EndPoint socket = connection.getEndPoint();
        if (socket instanceof SslConnection.SslEndPoint
                || !(socket.getRemoteSocketAddress() instanceof InetSocketAddress remote)) {
            return;
        }
        open.remove(socket); // It may change its protocol.
        open.add(socket, remote.getAddress()).ifPresent(EndPoint::close);
        Object _ = scheduler.schedule(() -> closeUnused(socket), firstRequest.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void onClosed(Connection connection) {
        if (!connection.getEndPoint().isOpen()) {
            open.remove(connection.getEndPoint());
        }
    }

    private static void closeUnused(EndPoint socket) {
        if (http(socket).filter(connection -> connection.getMessagesIn() > 0).isEmpty()) {
            socket.close();
        }
    }

    private static boolean isIdle(EndPoint socket) {
        return http(socket)
                .filter(connection -> connection.getMessagesIn() > connection.getMessagesOut())
                .isEmpty();
    }

    /** Returns the protocol that serves requests, or one that is negotiated before it and counts none. */
    private static Optional<Connection> http(EndPoint socket) {
        return Optional.ofNullable(socket.getConnection())
                .flatMap(connection -> connection instanceof SslConnection encrypted
                        ? Optional.ofNullable(encrypted.getSslEndPoint().getConnection())
                        : Optional.of(connection));
    }
}
