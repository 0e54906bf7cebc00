package io.neurovisor.server.http.api;

import io.neurovisor.server.access.OpenConnections;
import java.net.InetSocketAddress;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;

/** Limits the connections of a port: a new one replaces the oldest that serves no request. */
final class PortConnections implements Connection.Listener {
    private final OpenConnections<EndPoint> open;

    /** @param most the most at a time, also of one address, which may be that of a proxy */
    PortConnections(int most) {
        this.open = new OpenConnections<>(most, most, PortConnections::isIdle);
    }

    /** Is called for each protocol of a connection; the first one is that of the socket. */
    @Override
    public void onOpened(Connection connection) {
        EndPoint socket = connection.getEndPoint();
        if (!isEncrypted(socket) && socket.getRemoteSocketAddress() instanceof InetSocketAddress remote) {
            open.remove(socket); // It may change its protocol.
            open.add(socket, remote.getAddress()).ifPresent(EndPoint::close);
        }
    }

    @Override
    public void onClosed(Connection connection) {
        if (!connection.getEndPoint().isOpen()) {
            open.remove(connection.getEndPoint());
        }
    }

    private static boolean isEncrypted(EndPoint socket) {
        return socket instanceof SslConnection.SslEndPoint;
    }

    /** A connection without a protocol has served nothing. */
    private static boolean isIdle(EndPoint socket) {
        Connection connection = socket.getConnection() instanceof SslConnection encrypted
                ? encrypted.getSslEndPoint().getConnection()
                : socket.getConnection();
        return connection == null || connection.getMessagesIn() <= connection.getMessagesOut();
    }
}
