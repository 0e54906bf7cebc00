package io.neurovisor.server.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.server.access.keys.AccessKey;
import io.neurovisor.server.access.keys.KeyGrant;
import io.neurovisor.server.access.keys.KeyName;
import io.neurovisor.server.access.keys.Scope;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class CallLimitsTest {
    private final CallLimits limits = new CallLimits();

    @Test
    void keylessCallersDoNotUseUpCallsOfKeysOrTheSocket() {
        take(loopback(), 512);
        exhausted(loopback(), "loopback: 512 calls are running");
        take(key("ci"), 256);
        take(socket(1000), 512);
        assertThat(limits.calls()).isEqualTo(512 + 256 + 512);
    }

    @Test
    void aKeyDoesNotUseUpCallsOfOtherKeys() {
        take(key("first"), 256);
        exhausted(key("first"), "key:first: 256 calls are running");
        take(key("second"), 256);
    }

    @Test
    void keysDoNotUseUpCallsOfOtherGroups() {
        IntStream.range(0, 4).forEach(number -> take(key("key" + number), 256));
        exhausted(key("key5"), "callers with a key: 1024 calls are running");
        take(loopback(), 512);
        take(socket(0), 512);
    }

    @Test
    void anAddressDoesNotUseUpHealthChecksOfOthers() {
        take(stranger("192.0.2.1"), 32);
        exhausted(stranger("192.0.2.1"), "address:192.0.2.1: 32 calls are running");
        take(stranger("192.0.2.2"), 32);
        take(stranger("2001:db8::1"), 32);
        exhausted(stranger("2001:db8::2"), "address:20010db800000000::/64: 32 calls");
    }

    @Test
    void anEndedCallIsNoLongerCounted() {
        take(key("ci"), 255);
        Runnable end = take(key("ci"));
        exhausted(key("ci"), "256 calls");
        end.run();
        take(key("ci"), 1);
        exhausted(key("ci"), "256 calls");
    }

    @Test
    void aConnectionIsServedWhileItsCallIsCounted() {
        SocketAddress remote = new InetSocketAddress(InetAddress.getLoopbackAddress(), 40_000);
        Runnable first = limits.take(Optional.of(new Tenant.Loopback()), remote);
        Runnable second = limits.take(Optional.of(new Tenant.Loopback()), remote);
        first.run();
        assertThat(limits.isServed(remote)).isTrue();
        assertThat(limits.isServed(new InetSocketAddress(InetAddress.getLoopbackAddress(), 40_001)))
                .isFalse();
        second.run();
        assertThat(limits.isServed(remote)).isFalse();
    }

    /** The origin of a call. */
    private record Caller(Optional<Tenant> tenant, @Nullable SocketAddress remote) {}

    private Runnable take(Caller caller) {
        return limits.take(caller.tenant(), caller.remote());
    }

    private void take(Caller caller, int calls) {
        for (int count = 0; count < calls; count++) {
            Runnable _ = take(caller);
        }
    }

    private void exhausted(Caller caller, String message) {
        assertThatThrownBy(() -> take(caller)).isInstanceOfSatisfying(StatusRuntimeException.class, refusal -> {
            assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(refusal.getStatus().getDescription()).contains(message);
        });
    }

    private static Caller loopback() {
        return new Caller(Optional.of(new Tenant.Loopback()), null);
    }

    private static Caller socket(int uid) {
        return new Caller(Optional.of(new Tenant.LocalUser(uid)), null);
    }

    private static Caller key(String name) {
        KeyGrant grant = new KeyGrant(
                new KeyName(name), EnumSet.of(Scope.EXECUTE), Optional.empty(), Optional.empty(), PoolShare.UNLIMITED);
        AccessKey key = new AccessKey(1, grant, Instant.EPOCH, Optional.empty(), Optional.empty());
        return new Caller(Optional.of(new Tenant.KeyHolder(key)), null);
    }

    private static Caller stranger(String address) {
        SocketAddress remote = new InetSocketAddress(InetAddress.ofLiteral(address), 1);
        return new Caller(Optional.empty(), remote);
    }
}
