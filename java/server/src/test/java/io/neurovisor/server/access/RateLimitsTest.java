package io.neurovisor.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.server.access.keys.AccessKey;
import io.neurovisor.server.access.keys.KeyGrant;
import io.neurovisor.server.access.keys.KeyName;
import io.neurovisor.server.access.keys.Scope;
import io.neurovisor.server.config.RateLimit;
import io.neurovisor.testkit.ManualTicker;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RateLimitsTest {
    private static final Tenant LOOPBACK = new Tenant.Loopback();

    private final ManualTicker ticker = new ManualTicker();
    private final RateLimits limits = new RateLimits(Optional.of(new RateLimit(100, 50)), ticker);

    @Test
    void allowsABurstOfTheCapacityThenTheRate() {
        assertThat(taken(LOOPBACK, 150)).isEqualTo(100);
        ticker.advance(Duration.ofSeconds(1));
        assertThat(taken(LOOPBACK, 150)).isEqualTo(50);
        ticker.advance(Duration.ofHours(1));
        assertThat(taken(LOOPBACK, 150)).isEqualTo(100);
    }

    @Test
    void theRetryDelayIsSufficient() {
        taken(LOOPBACK, 100);
        Duration delay = limits.take(LOOPBACK).orElseThrow();
        assertThat(delay).isEqualTo(Duration.ofMillis(20));
        ticker.advance(delay.minusNanos(1));
        assertThat(limits.take(LOOPBACK)).isPresent();
        ticker.advance(Duration.ofNanos(1));
        assertThat(limits.take(LOOPBACK)).isEmpty();
    }

    @Test
    void tenantsHaveSeparateBuckets() {
        taken(LOOPBACK, 100);
        assertThat(taken(new Tenant.LocalUser(1000), 150)).isEqualTo(100);
        assertThat(taken(new Tenant.LocalUser(0), 150)).isEqualTo(100);
        assertThat(taken(holder("c", Optional.empty()), 150)).isEqualTo(100);
        assertThat(taken(holder("a", Optional.empty()), 150)).isEqualTo(100);
        assertThat(taken(holder("b", Optional.empty()), 150)).isEqualTo(100);
        assertThat(limits.take(LOOPBACK)).isPresent();
    }

    @Test
    void aKeyMayHaveItsOwnLimit() {
        Tenant slow = holder("slow", Optional.of(new RateLimit(2, 1)));
        assertThat(taken(slow, 10)).isEqualTo(2);
        assertThat(limits.take(slow)).contains(Duration.ofSeconds(1));
        RateLimits off = new RateLimits(Optional.empty(), ticker);
        assertThat(off.take(LOOPBACK)).isEmpty();
        assertThat(off.size()).isZero();
        assertThat(off.take(slow)).isEmpty();
        assertThat(off.size()).isOne();
    }

    @Test
    void memoryIsBoundedForAnyNumberOfTenants() {
        taken(holder("k1", Optional.empty()), 100);
        for (int key = 2; key < 50_000; key++) {
            limits.take(holder("k" + key, Optional.empty()));
        }
        assertThat(limits.size()).isEqualTo(1 << 14);
        assertThat(taken(holder("k49999", Optional.empty()), 150)).isEqualTo(99);
    }

    private int taken(Tenant tenant, int tries) {
        int taken = 0;
        for (int count = 0; count < tries; count++) {
            taken += limits.take(tenant).isEmpty() ? 1 : 0;
        }
        return taken;
    }

    private static Tenant holder(String name, Optional<RateLimit> limit) {
        KeyGrant grant = new KeyGrant(
                new KeyName(name), EnumSet.of(Scope.EXECUTE), limit, Optional.empty(), PoolShare.UNLIMITED);
        return new Tenant.KeyHolder(new AccessKey(1, grant, Instant.EPOCH, Optional.empty(), Optional.empty()));
    }
}
