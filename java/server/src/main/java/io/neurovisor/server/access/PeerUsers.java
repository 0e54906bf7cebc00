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
 * The users who may be at the other end of a Unix socket of ours, by what the kernel says of them (SO_PEERCRED, unix(7)) and
 * whatever the file's permissions have become.
 */
public final class PeerUsers {
    /** The user of a connection, in the attributes of its calls. */
    public static final Attributes.Key<Integer> UID = Attributes.Key.create("peer uid");

    private final Map<UserPrincipal, Integer> uids;

    private PeerUsers(Map<UserPrincipal, Integer> uids) {
        this.uids = Map.copyOf(uids);
    }

    /** This process's user and root. */
    public static PeerUsers ownAndRoot() throws IOException {
        return of((int) Files.getAttribute(Path.of("/proc/self"), "unix:uid"), 0);
    }

    /** One user alone. */
    public static PeerUsers only(int uid) throws IOException {
        return of(uid);
    }

    private static PeerUsers of(int... uids) throws IOException {
        Map<UserPrincipal, Integer> users = new HashMap<>();
        for (int uid : uids) {
            users.put(user(uid), uid);
        }
        return new PeerUsers(users);
    }

    /** By its id: a container may have no name for it. */
    private static UserPrincipal user(int uid) throws IOException {
        return FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(Integer.toString(uid));
    }

    public boolean include(Channel connection) {
        return uid(connection).isPresent();
    }

    /** Which of the users is there; empty for anybody else. */
    public OptionalInt uid(Channel connection) {
        UnixDomainPrincipal peer = peer(connection);
        Integer uid = peer == null ? null : uids.get(peer.user());
        return uid == null ? OptionalInt.empty() : OptionalInt.of(uid);
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
