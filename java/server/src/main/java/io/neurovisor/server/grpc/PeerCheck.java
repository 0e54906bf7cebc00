package io.neurovisor.server.grpc;

import static java.util.Objects.requireNonNull;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.nio.NioChannelOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.List;
import java.util.Set;
import jdk.net.ExtendedSocketOptions;
import jdk.net.UnixDomainPrincipal;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets connections to a Unix socket in that the kernel says are of this process's user or of root (SO_PEERCRED, unix(7)), and
 * hangs up on all others, whatever the file's permissions have become.
 */
final class PeerCheck extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(PeerCheck.class);

    private final Path socket;
    private final Set<UserPrincipal> users;

    private PeerCheck(Path socket, Set<UserPrincipal> users) {
        this.socket = requireNonNull(socket, "socket is null");
        this.users = requireNonNull(users, "users is null");
    }

    /** By their ids: a container may have a name for neither. */
    static PeerCheck of(Path socket) throws IOException {
        UserPrincipal root =
                socket.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("0");
        return new PeerCheck(socket, Set.copyOf(List.of(Files.getOwner(Path.of("/proc/self")), root)));
    }

    /** What a listening channel reads are its connections. */
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        if (message instanceof Channel connection && !isLetIn(connection)) {
            connection.unsafe().closeForcibly();
            return;
        }
        super.channelRead(context, message);
    }

    private boolean isLetIn(Channel connection) {
        UnixDomainPrincipal peer =
                connection.config().getOption(NioChannelOption.of(ExtendedSocketOptions.SO_PEERCRED));
        boolean known = isKnown(peer);
        if (!known) {
            LOG.warn("hung up on a connection to {} by {}", socket, peer == null ? "nobody knows whom" : peer.user());
        }
        return known;
    }

    private boolean isKnown(@Nullable UnixDomainPrincipal peer) {
        return peer != null && users.contains(peer.user());
    }
}
