package io.neurovisor.server.grpc;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.AttributeKey;
import io.neurovisor.server.access.PeerUsers;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Closes connections to a Unix socket from users who are not allowed, and records the uid of the others. */
final class PeerCheck extends ChannelInboundHandlerAdapter {
    static final AttributeKey<Integer> UID = AttributeKey.valueOf(PeerCheck.class, "uid");

    private static final Logger LOG = LoggerFactory.getLogger(PeerCheck.class);

    private final Path socket;
    private final PeerUsers users;

    PeerCheck(Path socket, PeerUsers users) {
        this.socket = socket;
        this.users = users;
    }

    /** The messages of a listening channel are its new connections. */
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        if (message instanceof Channel connection) {
            OptionalInt uid = users.uid(connection);
            if (uid.isEmpty()) {
                LOG.warn("closed a connection to {} by {}", socket, PeerUsers.name(connection));
                connection.unsafe().closeForcibly();
                return;
            }
            connection.attr(UID).set(uid.getAsInt());
        }
        super.channelRead(context, message);
    }
}
