package io.neurovisor.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ConnectionLimitTest {
    private static final int MOST = 10;

    private final EmbeddedChannel port = new EmbeddedChannel(new ConnectionLimit(1000, MOST, _ -> true));
    private final List<Connection> connections = new ArrayList<>();

    @Test
    void closesASurplusConnectionGracefully() {
        open(MOST + 1);
        assertThat(connections.getFirst().isAskedToClose).isTrue();
        assertThat(connections).filteredOn(Connection::isOpen).hasSize(MOST + 1);
        connections.getFirst().unsafe().close(connections.getFirst().newPromise());
        open(1);
        assertThat(connections)
                .filteredOn(connection -> connection.isAskedToClose)
                .hasSize(2);
    }

    /** A protocol may take time to close a connection. */
    @Test
    void closesConnectionsForciblyIfTooManyAreClosing() {
        open(20 * MOST);
        assertThat(connections).filteredOn(Connection::isOpen).hasSize(MOST + ConnectionLimit.MOST_CLOSING);
        assertThat(connections.subList(19 * MOST, 20 * MOST)).allMatch(Connection::isOpen);
    }

    @Test
    void pausesAcceptingWhileTooManyAreClosing() {
        openWithoutClosing(MOST + ConnectionLimit.PAUSE - 1);
        assertThat(port.config().isAutoRead()).isTrue();
        openWithoutClosing(1);
        assertThat(port.config().isAutoRead()).isFalse();
        connections.forEach(Connection::runPendingTasks);
        assertThat(port.config().isAutoRead()).isTrue();
        assertThat(connections).filteredOn(Connection::isOpen).hasSize(MOST + ConnectionLimit.MOST_CLOSING);
    }

    private void open(int count) {
        for (int number = 0; number < count; number++) {
            openWithoutClosing(1);
            connections.forEach(Connection::runPendingTasks);
        }
    }

    private void openWithoutClosing(int count) {
        for (int number = 0; number < count; number++) {
            Connection connection = new Connection();
            connections.add(connection);
            port.writeInbound(connection);
        }
    }

    /** A connection whose protocol never finishes closing it. */
    private static final class Connection extends EmbeddedChannel {
        private boolean isAskedToClose;

        Connection() {
            pipeline().addLast(new ChannelOutboundHandlerAdapter() {
                @Override
                public void close(ChannelHandlerContext context, ChannelPromise promise) {
                    isAskedToClose = true;
                }
            });
        }

        @Override
        protected SocketAddress remoteAddress0() {
            return new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 1);
        }
    }
}
