package io.neurovisor.server.access;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.grpc.StatusRuntimeException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Limits concurrent calls. Callers without a key, callers with a key and the Unix socket have separate shares, so that
 * no group can use up the calls of another, and each caller has a limit within the share of its group.
 *
 * <p>Thread-safe.
 */
public final class CallLimits {
    private static final Duration RETRY = Duration.ofSeconds(1);

    enum Group {
        KEYLESS("callers without a key", 512),
        KEY("callers with a key", 1024),
        SOCKET("users of the Unix socket", 512);

        private final String label;
        private final int maxCalls;

        Group(String label, int maxCalls) {
            this.label = label;
            this.maxCalls = maxCalls;
        }

        int maxCalls() {
            return maxCalls;
        }
    }

    /** A caller whose calls are counted together, at most {@code maxCalls} at a time. */
    private record Caller(String label, Group group, int maxCalls) {
        static final int MAX_CALLS_OF_A_KEY = 256;
        static final int MAX_CALLS_OF_A_STRANGER = 32;

        /**
         * Returns the caller of a call.
         *
         * @param tenant empty for a call that needs none
         * @param remote distinguishes callers that are not tenants
         */
        static Caller of(Optional<Tenant> tenant, @Nullable SocketAddress remote) {
            return tenant.map(Caller::of)
                    .orElseGet(() -> new Caller("address:" + network(remote), Group.KEYLESS, MAX_CALLS_OF_A_STRANGER));
        }

        private static Caller of(Tenant tenant) {
            return switch (tenant) {
                case Tenant.KeyHolder _ -> new Caller(tenant.label(), Group.KEY, MAX_CALLS_OF_A_KEY);
                case Tenant.LocalUser _ -> new Caller(tenant.label(), Group.SOCKET, Group.SOCKET.maxCalls());
                case Tenant.Loopback _ -> new Caller(tenant.label(), Group.KEYLESS, Group.KEYLESS.maxCalls());
            };
        }

        private static String network(@Nullable SocketAddress remote) {
            InetAddress address = remote instanceof InetSocketAddress internet ? internet.getAddress() : null;
            return address == null ? "unknown" : OpenConnections.network(address);
        }
    }

    private final Object lock = new Object();

    @GuardedBy("lock")
    private final Map<String, Integer> byCaller = new HashMap<>();

    @GuardedBy("lock")
    private final Map<SocketAddress, Integer> byConnection = new HashMap<>();

    @GuardedBy("lock")
    private final Map<Group, Integer> byGroup = new EnumMap<>(Group.class);

    /**
     * Counts a call.
     *
     * @param tenant empty for a call that needs none
     * @param remote the peer address of its connection
     * @return must be run once, when the call has ended
     * @throws StatusRuntimeException {@code RESOURCE_EXHAUSTED} if the caller or its group has reached its limit
     */
    public Runnable take(Optional<Tenant> tenant, @Nullable SocketAddress remote) {
        return take(Caller.of(tenant, remote), Optional.ofNullable(remote));
    }

    private Runnable take(Caller caller, Optional<SocketAddress> remote) {
        synchronized (lock) {
            int own = byCaller.getOrDefault(caller.label(), 0);
            int all = byGroup.getOrDefault(caller.group(), 0);
            if (own >= caller.maxCalls()) {
                throw exhausted(caller.label(), caller.maxCalls());
            }
            if (all >= caller.group().maxCalls()) {
                throw exhausted(caller.group().label, caller.group().maxCalls());
            }
            byCaller.put(caller.label(), own + 1);
            byGroup.put(caller.group(), all + 1);
            remote.ifPresent(connection -> byConnection.merge(connection, 1, Integer::sum));
        }
        return () -> giveBack(caller, remote);
    }

    private static StatusRuntimeException exhausted(String label, int maxCalls) {
        return AccessDenial.TOO_MANY_CALLS.status(
                "%s: %d calls are running, which is the limit; try again when one has ended".formatted(label, maxCalls),
                Map.of("caller", label),
                Optional.of(RETRY));
    }

    private void giveBack(Caller caller, Optional<SocketAddress> remote) {
        synchronized (lock) {
            byCaller.computeIfPresent(caller.label(), (_, calls) -> calls == 1 ? null : calls - 1);
            byGroup.computeIfPresent(caller.group(), (_, calls) -> calls - 1);
            remote.ifPresent(connection ->
                    byConnection.computeIfPresent(connection, (_, calls) -> calls == 1 ? null : calls - 1));
        }
    }

    /**
     * Returns whether the connection from this address has a running call. A stream that a client leaves open after its
     * call has ended does not count.
     */
    public boolean isServed(SocketAddress remote) {
        synchronized (lock) {
            return byConnection.containsKey(remote);
        }
    }

    public int calls() {
        synchronized (lock) {
            return byGroup.values().stream().mapToInt(Integer::intValue).sum();
        }
    }
}
