package io.neurovisor.server.access;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.net.InetAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The open connections of a port and their limits, for the port and for each remote address. A new connection replaces
 * the oldest idle one, so that clients that only hold connections open exclude no other client.
 *
 * <p>Thread-safe.
 */
public final class OpenConnections<C> {
    private final int most;
    private final int mostOfAddress;
    private final Predicate<C> idle;
    private final Object lock = new Object();

    /** With the network of each connection, the oldest first. */
    @GuardedBy("lock")
    private final Map<C, String> open = new LinkedHashMap<>();

    @GuardedBy("lock")
    private final Map<String, Set<C>> byNetwork = new HashMap<>();

    /** @param idle whether a connection can be closed without ending a call */
    public OpenConnections(int most, int mostOfAddress, Predicate<C> idle) {
        this.most = most;
        this.mostOfAddress = mostOfAddress;
        this.idle = idle;
    }

    /**
     * Adds a connection. If there are too many, returns the connection to close: the oldest idle one, of the same
     * address if that has too many, or the new one if none is idle. The returned connection is no longer counted.
     */
    public Optional<C> add(C connection, InetAddress address) {
        String network = network(address);
        synchronized (lock) {
            Set<C> ofNetwork = byNetwork.getOrDefault(network, Set.of());
            Optional<C> surplus = Optional.empty();
            if (ofNetwork.size() >= mostOfAddress) {
                surplus = Optional.of(oldestIdle(ofNetwork).orElse(connection));
            } else if (open.size() >= most) {
                surplus = Optional.of(oldestIdle(open.keySet()).orElse(connection));
            }
            surplus.ifPresent(this::remove);
            if (!surplus.equals(Optional.of(connection))) {
                open.put(connection, network);
                byNetwork.computeIfAbsent(network, _ -> new LinkedHashSet<>()).add(connection);
            }
            return surplus;
        }
    }

    /** Removes a connection that has ended. Has no effect on a connection that is not counted. */
    public void remove(C connection) {
        synchronized (lock) {
            String network = open.remove(connection);
            if (network != null) {
                byNetwork.computeIfPresent(
                        network,
                        (_, ofNetwork) -> ofNetwork.remove(connection) && ofNetwork.isEmpty() ? null : ofNetwork);
            }
        }
    }

    private Optional<C> oldestIdle(Collection<C> connections) {
        return connections.stream().filter(idle).findFirst();
    }

    /** Returns the addresses that count as one client: an IPv4 address, a /64 of IPv6, or loopback. */
    static String network(InetAddress address) {
        if (address.isLoopbackAddress()) {
            return "loopback";
        }
        byte[] bytes = address.getAddress();
        return bytes.length == 16 ? HexFormat.of().formatHex(bytes, 0, 8) + "::/64" : address.getHostAddress();
    }
}
