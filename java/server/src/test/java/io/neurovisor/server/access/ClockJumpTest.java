package io.neurovisor.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.server.access.keys.AccessKey;
import io.neurovisor.server.access.keys.ApiKeys;
import io.neurovisor.server.access.keys.CachedKeys;
import io.neurovisor.server.access.keys.KeyGrant;
import io.neurovisor.server.access.keys.KeyName;
import io.neurovisor.server.access.keys.NewKey;
import io.neurovisor.server.access.keys.Quota;
import io.neurovisor.server.access.keys.Scope;
import io.neurovisor.testkit.ManualTicker;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Access does not depend on a clock that is set back or forward. */
final class ClockJumpTest {
    private static final Instant START = Instant.parse("2026-11-25T23:59:00Z");
    private static final Quota QUOTA = new Quota(3);

    @TempDir
    private Path directory;

    private Instant now = START;

    @Test
    void aKeyAndItsQuotaHoldWhateverTheClock() {
        Random random = new Random(9);
        ManualTicker ticker = new ManualTicker();
        try (ApiKeys keys = ApiKeys.open(directory, () -> now)) {
            NewKey key = keys.create(new KeyGrant(
                    new KeyName("ci"),
                    EnumSet.allOf(Scope.class),
                    Optional.empty(),
                    Optional.of(QUOTA),
                    PoolShare.UNLIMITED));
            Quotas quotas = new Quotas(keys, () -> now);
            CachedKeys known = new CachedKeys(keys, () -> now, ticker);
            int refused = 0;
            for (int step = 0; step < 100; step++) {
                now = START.plus(Duration.ofHours(random.nextInt(-72, 72)));
                ticker.advance(Duration.ofMillis(random.nextInt(700)));
                assertThat(known.find(key.secret().reveal())).isPresent();
                try {
                    quotas.admit(new Tenant.KeyHolder(key.key()));
                } catch (NeuroVisorException refusal) {
                    refused++;
                    assertThat(refusal.fault()).isEqualTo(Fault.QUOTA_EXCEEDED);
                    assertThat(refusal.retryAfter().orElseThrow()).isBetween(Duration.ofNanos(1), Duration.ofDays(1));
                }
            }
            assertThat(refused).isPositive();
        }
    }

    @Test
    void aClockThatJumpsAtMidnightDoesNotRaiseTheQuota() {
        try (ApiKeys keys = ApiKeys.open(directory, () -> now)) {
            AccessKey key = keys.create(new KeyGrant(
                            new KeyName("ci"),
                            EnumSet.allOf(Scope.class),
                            Optional.empty(),
                            Optional.of(QUOTA),
                            PoolShare.UNLIMITED))
                    .key();
            long counted = 0;
            for (int step = 0; step < 20; step++) {
                now = step % 2 == 0 ? START : START.plusSeconds(120);
                counted += keys.count(key, QUOTA) ? 1 : 0;
            }
            // One on the day before, then the quota of the new day.
            assertThat(counted).isEqualTo(1 + QUOTA.executionsPerDay());
        }
    }
}
