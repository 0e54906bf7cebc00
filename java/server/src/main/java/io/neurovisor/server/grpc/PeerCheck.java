package io.neurovisor.server.grpc;

import static java.util.Objects.requireNonNull;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.neurovisor.server.access.PeerUsers;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets some users' connections to a Unix socket in and hangs up on all others. */
final class PeerCheck extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(PeerCheck.class);

    private final Path socket;
    private final PeerUsers users;

    PeerCheck(Path socket, PeerUsers users) {
        this.socket = requireNonNull(socket, "socket is null");
        this.users = requireNonNull(users, "users is null");
    }

    /** What a listening channel reads are its connections. */
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        if (message instanceof Channel connection && !users.include(connection)) {
            LOG.warn("hung up on a connection to {} by {}", socket, PeerUsers.name(connection));
            connection.unsafe().closeForcibly();
            return;
        }
        super.channelRead(context, message);
    }
}
