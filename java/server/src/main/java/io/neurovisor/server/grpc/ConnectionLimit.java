package io.neurovisor.server.grpc;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hangs up on connections beyond a number, so that those who hold theirs open leave the process descriptors for machines,
 * files and its own user's socket.
 */
final class ConnectionLimit extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionLimit.class);

    private final int most;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();

    ConnectionLimit(int most) {
        this.most = most;
    }

    /** What a listening channel reads are its connections. */
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        if (!(message instanceof Channel connection)) {
            super.channelRead(context, message);
            return;
        }
        if (open.incrementAndGet() > most) {
            open.decrementAndGet();
            if (refused.getAndIncrement() == 0) {
                LOG.warn("{} connections are open, which is the most: more are hung up on", most);
            }
            connection.unsafe().closeForcibly();
            return;
        }
        refused.set(0);
        connection.closeFuture().addListener(_ -> open.decrementAndGet());
        super.channelRead(context, message);
    }
}
