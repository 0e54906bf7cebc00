package io.neurovisor.server.access;

import static java.util.Objects.requireNonNull;

import io.netty.channel.Channel;
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

/**
 * The users who may be at the other end of a Unix socket of ours, by what the kernel says of them (SO_PEERCRED, unix(7)) and
 * whatever the file's permissions have become.
 */
public final class PeerUsers {
    private final Set<UserPrincipal> users;

    private PeerUsers(Set<UserPrincipal> users) {
        this.users = requireNonNull(users, "users is null");
    }

    /** This process's user and root, by their ids: a container may have a name for neither. */
    public static PeerUsers ownAndRoot() throws IOException {
        Path self = Path.of("/proc/self");
        UserPrincipal root =
                self.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("0");
        return new PeerUsers(Set.copyOf(List.of(Files.getOwner(self), root)));
    }

    public boolean include(Channel connection) {
        UnixDomainPrincipal peer = peer(connection);
        return peer != null && users.contains(peer.user());
    }

    /** For a message. */
    public static String name(Channel connection) {
        UnixDomainPrincipal peer = peer(connection);
        return peer == null ? "nobody knows whom" : peer.user().getName();
    }

    private static @Nullable UnixDomainPrincipal peer(Channel connection) {
        return connection.config().getOption(NioChannelOption.of(ExtendedSocketOptions.SO_PEERCRED));
    }
}
