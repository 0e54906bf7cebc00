package io.neurovisor.server.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.server.access.CallLimits.Caller;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class CallLimitsTest {
    private final CallLimits limits = new CallLimits();

    @Test
    void keylessCallersLeaveTheCallsOfKeysAndOfTheSocket() {
        take(loopback(), 512);
        exhausted(loopback(), "loopback: 512 calls are being served");
        take(key("ci"), 256);
        take(socket(1000), 512);
        assertThat(limits.calls()).isEqualTo(512 + 256 + 512);
    }

    @Test
    void aKeyLeavesTheCallsOfOtherKeys() {
        take(key("first"), 256);
        exhausted(key("first"), "key:first: 256 calls are being served");
        take(key("second"), 256);
    }

    @Test
    void keysTogetherLeaveTheCallsOfAllOthers() {
        IntStream.range(0, 4).forEach(number -> take(key("key" + number), 256));
        exhausted(key("key5"), "callers with a key: 1024 calls are being served");
        take(loopback(), 512);
        take(socket(0), 512);
    }

    @Test
    void aStrangerLeavesTheChecksOfOtherAddresses() {
        take(stranger("192.0.2.1"), 32);
        exhausted(stranger("192.0.2.1"), "address:192.0.2.1: 32 calls are being served");
        take(stranger("192.0.2.2"), 32);
        take(stranger("2001:db8::1"), 32);
        exhausted(stranger("2001:db8::2"), "address:20010db800000000::/64: 32 calls");
    }

    @Test
    void aCallThatHasEndedMakesRoom() {
        take(key("ci"), 255);
        Runnable end = limits.take(key("ci"));
        exhausted(key("ci"), "256 calls");
        end.run();
        take(key("ci"), 1);
        exhausted(key("ci"), "256 calls");
    }

    private void take(Caller caller, int calls) {
        for (int count = 0; count < calls; count++) {
            Runnable _ = limits.take(caller);
        }
    }

    private void exhausted(Caller caller, String message) {
        assertThatThrownBy(() -> limits.take(caller)).isInstanceOfSatisfying(StatusRuntimeException.class, refusal -> {
            assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(refusal.getStatus().getDescription()).contains(message);
        });
    }

    private static Caller loopback() {
        return Caller.of(Optional.of(new Tenant.Loopback()), null);
    }

    private static Caller socket(int uid) {
        return Caller.of(Optional.of(new Tenant.LocalUser(uid)), null);
    }

    private static Caller key(String name) {
        KeyGrant grant = new KeyGrant(
                new KeyName(name), EnumSet.of(Scope.EXECUTE), Optional.empty(), Optional.empty(), PoolShare.UNLIMITED);
        AccessKey key = new AccessKey(1, grant, Instant.EPOCH, Optional.empty(), Optional.empty());
        return Caller.of(Optional.of(new Tenant.KeyHolder(key)), null);
    }

    private static Caller stranger(String address) {
        SocketAddress remote = new InetSocketAddress(InetAddress.ofLiteral(address), 1);
        return Caller.of(Optional.empty(), remote);
    }
}
