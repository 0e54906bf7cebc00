package io.neurovisor.server.grpc;

import static java.util.Objects.requireNonNull;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.AttributeKey;
import io.neurovisor.server.access.PeerUsers;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets some users' connections to a Unix socket in, which are told apart from then on, and hangs up on all others. */
final class PeerCheck extends ChannelInboundHandlerAdapter {
    /** Of a connection that was let in. */
    static final AttributeKey<Integer> UID = AttributeKey.valueOf(PeerCheck.class, "uid");

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
        if (message instanceof Channel connection) {
            OptionalInt uid = users.uid(connection);
            if (uid.isEmpty()) {
                LOG.warn("hung up on a connection to {} by {}", socket, PeerUsers.name(connection));
                connection.unsafe().closeForcibly();
                return;
            }
            connection.attr(UID).set(uid.getAsInt());
        }
        super.channelRead(context, message);
    }
}
