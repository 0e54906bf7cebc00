package io.neurovisor.server.access;

import static java.util.Objects.requireNonNull;

import io.netty.channel.Channel;
import io.netty.channel.socket.nio.NioChannelOption;
import java.io.IOException;
import java.nio.file.FileSystems;
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

    /** This process's user and root. */
    public static PeerUsers ownAndRoot() throws IOException {
        return new PeerUsers(Set.copyOf(List.of(Files.getOwner(Path.of("/proc/self")), user(0))));
    }

    /** One user alone. */
    public static PeerUsers only(int uid) throws IOException {
        return new PeerUsers(Set.of(user(uid)));
    }

    /** By its id: a container may have no name for it. */
    private static UserPrincipal user(int uid) throws IOException {
        return FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(Integer.toString(uid));
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
