package io.neurovisor.server.access;

import static java.util.Objects.requireNonNull;

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
 * Keeps the connections of a listening channel within their limits, so that clients that hold connections open leave the process
 * descriptors for machines, files and the Unix socket, and leave other clients connections.
 */
public final class ConnectionLimit extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionLimit.class);
    private static final Duration LOG_AGAIN_AFTER = Duration.ofMinutes(1);

    /**
     * Surplus connections that are closed in order, with a notice to their clients. HTTP/2 waits up to ten seconds for a client to confirm that; a
     * client that opens connections faster would have all of them open meanwhile.
     */
    static final int MOST_CLOSING = 64;

    /** At so many no connection is accepted: the threads that close them are slower than the one that accepts. */
    static final int PAUSE = 2 * MOST_CLOSING;

    private final OpenConnections<Channel> open;
    private final AtomicInteger closing = new AtomicInteger();

    // Only the thread that accepts connections uses it.
    private long loggedNanos = Ticker.SYSTEM.nanos() - LOG_AGAIN_AFTER.toNanos();

    /**
     * Limits connections.
     *
     * @param most of the port
     * @param mostOfAddress of one remote address
     * @param idle whether a connection serves no call; asked by the thread that accepts connections
     */
    public ConnectionLimit(int most, int mostOfAddress, Predicate<Channel> idle) {
        this.open = new OpenConnections<>(most, mostOfAddress, requireNonNull(idle, "idle is null"));
    }

    /** What a listening channel reads are its connections. */
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        if (!(message instanceof Channel connection)) {
            super.channelRead(context, message);
            return;
        }
        if (!(connection.remoteAddress() instanceof InetSocketAddress remote) || remote.getAddress() == null) {
            connection.unsafe().closeForcibly(); // The client has gone already.
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
            // Past the handlers of its protocol, which would wait.
            oldest.eventLoop().execute(() -> oldest.unsafe().close(oldest.newPromise()));
        }
        resume(port); // They may all have been closed before the pause.
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
                    "{} has as many connections as it may have, the last from {}: the oldest idle one is closed for each new one",
                    port.localAddress(),
                    remote.getHostAddress());
        }
    }
}
