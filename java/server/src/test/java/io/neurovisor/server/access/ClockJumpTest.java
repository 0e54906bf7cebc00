package io.neurovisor.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.testkit.ManualTicker;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may call does not depend on a clock that keeps its day. */
final class ClockJumpTest {
    private static final Instant START = Instant.parse("2026-11-25T23:59:00Z");
    private static final Quota QUOTA = new Quota(3);

    @TempDir
    private Path directory;

    private Instant now = START;

    @Test
    void aKeyOpensAndItsQuotaHoldsWhereverTheClockIsSet() {
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
            KnownKeys known = new KnownKeys(keys, () -> now, ticker);
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
    void aClockThatGoesToAndFroAtMidnightGivesNoMoreThanTheQuota() {
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
            // One on the day before, and then as many as the new day has.
            assertThat(counted).isEqualTo(1 + QUOTA.executionsPerDay());
        }
    }
}
