package io.neurovisor.server.access;

import io.grpc.Attributes;
import io.netty.channel.Channel;
import io.netty.channel.socket.nio.NioChannelOption;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import jdk.net.ExtendedSocketOptions;
import jdk.net.UnixDomainPrincipal;
import org.jspecify.annotations.Nullable;

/**
 * The users that may be the peer of a Unix socket, checked by the credentials that the kernel reports (SO_PEERCRED,
 * unix(7)), independent of the permissions of the socket file.
 */
public final class PeerUsers {
    public static final Attributes.Key<Integer> UID = Attributes.Key.create("peer uid");

    private final Map<UserPrincipal, Integer> uids;

    private PeerUsers(Map<UserPrincipal, Integer> uids) {
        this.uids = Map.copyOf(uids);
    }

    public static PeerUsers ownAndRoot() throws IOException {
        return of((int) Files.getAttribute(Path.of("/proc/self"), "unix:uid"), 0);
    }

    public static PeerUsers of(int... uids) throws IOException {
        Map<UserPrincipal, Integer> users = new HashMap<>();
        for (int uid : uids) {
            users.put(user(uid), uid);
        }
        return new PeerUsers(users);
    }

    /** Looks the user up by id, because a container may have no name for it. */
    private static UserPrincipal user(int uid) throws IOException {
        return FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(Integer.toString(uid));
    }

    public boolean include(Channel connection) {
        return uid(connection).isPresent();
    }

    /** Returns the peer's uid; empty if that user is not allowed. */
    public OptionalInt uid(Channel connection) {
        UnixDomainPrincipal peer = peer(connection);
        Integer uid = peer == null ? null : uids.get(peer.user());
        return uid == null ? OptionalInt.empty() : OptionalInt.of(uid);
    }

    public static String name(Channel connection) {
        UnixDomainPrincipal peer = peer(connection);
        return peer == null ? "an unknown user" : peer.user().getName();
    }

    private static @Nullable UnixDomainPrincipal peer(Channel connection) {
        return connection.config().getOption(NioChannelOption.of(ExtendedSocketOptions.SO_PEERCRED));
    }
}
