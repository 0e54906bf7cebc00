package io.neurovisor.server.access;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.neurovisor.engine.time.Ticker;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Limits the connections of a listening channel, so that clients that hold connections open leave descriptors for
 * machines, files and the Unix socket, and connections for other clients.
 */
public final class ConnectionLimit extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionLimit.class);
    private static final Duration LOG_AGAIN_AFTER = Duration.ofMinutes(1);

    /**
     * The number of surplus connections that are closed gracefully, with a notice to their clients. HTTP/2 waits up to
     * ten seconds for the confirmation; a client that opens connections faster would have all of them open meanwhile.
     */
    static final int MOST_CLOSING = 64;

    /**
     * The number at which accepting pauses, because the threads that close connections are slower than the one that
     * accepts.
     */
    static final int PAUSE = 2 * MOST_CLOSING;

    private final OpenConnections<Channel> open;
    private final AtomicInteger closing = new AtomicInteger();

    // Confined to the thread that accepts connections.
    private long loggedNanos = Ticker.SYSTEM.nanos() - LOG_AGAIN_AFTER.toNanos();

    /**
     * Limits connections.
     *
     * @param most of the port
     * @param mostOfAddress of one remote address
     * @param idle whether a connection serves no call; called by the thread that accepts connections
     */
    public ConnectionLimit(int most, int mostOfAddress, Predicate<Channel> idle) {
        this.open = new OpenConnections<>(most, mostOfAddress, idle);
    }

    /** The messages of a listening channel are its new connections. */
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        if (!(message instanceof Channel connection)) {
            super.channelRead(context, message);
            return;
        }
        if (!(connection.remoteAddress() instanceof InetSocketAddress remote) || remote.getAddress() == null) {
            connection.unsafe().closeForcibly(); // The client has already disconnected.
            return;
        }
        Optional<Channel> surplus = open.add(connection, remote.getAddress());
        surplus.ifPresent(_ -> warn(context.channel(), remote.getAddress()));
        if (surplus.equals(Optional.of(connection))) {
            connection.unsafe().closeForcibly();
            return;
        }
        surplus.ifPresent(oldest -> end(oldest, context.channel()));
        connection.closeFuture().addListener(_ -> open.remove(connection));
        super.channelRead(context, message);
    }

    private void end(Channel oldest, Channel port) {
        int count = closing.incrementAndGet();
        if (count >= PAUSE) {
            port.config().setAutoRead(false);
        }
        oldest.closeFuture().addListener(_ -> {
            closing.decrementAndGet();
            resume(port);
        });
        if (count <= MOST_CLOSING) {
            ChannelFuture _ = oldest.close();
        } else {
            // Bypasses the handlers of the protocol, which would wait.
            oldest.eventLoop().execute(() -> oldest.unsafe().close(oldest.newPromise()));
        }
        resume(port); // All of them may have been closed before the pause.
    }

    private void resume(Channel port) {
        if (closing.get() < PAUSE) {
            port.config().setAutoRead(true);
        }
    }

    private void warn(Channel port, InetAddress remote) {
        if (Ticker.SYSTEM.nanos() - loggedNanos >= LOG_AGAIN_AFTER.toNanos()) {
            loggedNanos = Ticker.SYSTEM.nanos();
            LOG.warn(
                    "{} has reached its limit of connections, the last one from {}: each new connection replaces the oldest idle one",
                    port.localAddress(),
                    remote.getHostAddress());
        }
    }
}
