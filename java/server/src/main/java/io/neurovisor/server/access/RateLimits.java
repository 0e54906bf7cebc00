package io.neurovisor.server.access;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.TimeMeter;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.config.RateLimit;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Token buckets per tenant: one for each key, for each user of the Unix socket, and for all loopback clients without a
 * key. Calls never wait: they take a token or are rejected with the time until the next one.
 *
 * <p>At most 16384 buckets are kept, more than there can be keys. Beyond that, the least recently used bucket is
 * replaced by a full one, which it most likely is by then.
 */
public final class RateLimits {
    private static final int MOST_BUCKETS = 1 << 14;

    private final Optional<RateLimit> standard;
    private final TimeMeter time;
    private final Object lock = new Object();
    private final Map<String, Bucket> buckets = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
            return size() > MOST_BUCKETS;
        }
    };

    /** @param standard the limit of tenants without their own; empty for no limit */
    public RateLimits(Optional<RateLimit> standard, Ticker ticker) {
        this.standard = standard;
        this.time = new TickerMeter(ticker);
    }

    /** Takes a token. If none is left, returns the time until the next one. */
    public Optional<Duration> take(Tenant tenant) {
        return tenant.rateLimit().or(() -> standard).flatMap(limit -> {
            ConsumptionProbe probe = bucket(tenant, limit).tryConsumeAndReturnRemaining(1);
            return probe.isConsumed()
                    ? Optional.empty()
                    : Optional.of(Duration.ofNanos(Math.max(1, probe.getNanosToWaitForRefill())));
        });
    }

    /** Returns the number of buckets, for tests. */
    int size() {
        synchronized (lock) {
            return buckets.size();
        }
    }

    private Bucket bucket(Tenant tenant, RateLimit limit) {
        synchronized (lock) {
            // A label always means the same tenant, because key names are never reused.
            return buckets.computeIfAbsent(tenant.label(), _ -> full(limit));
        }
    }

    private Bucket full(RateLimit limit) {
        return Bucket.builder()
                .withCustomTimePrecision(time)
                .addLimit(bandwidth ->
                        bandwidth.capacity(limit.capacity()).refillGreedy(limit.perSecond(), Duration.ofSeconds(1)))
                .build();
    }

    private record TickerMeter(Ticker ticker) implements TimeMeter {
        @Override
        public long currentTimeNanos() {
            return ticker.nanos();
        }

        @Override
        public boolean isWallClockBased() {
            return false;
        }
    }
}
