package io.neurovisor.server.access;

import static java.util.Objects.requireNonNull;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.TimeMeter;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.config.RateLimit;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A token bucket for each tenant: each key, each user at the Unix socket, and one for all who come over loopback without a key. Nobody waits here: a call takes its token or is told when there will be one.
 *
 * <p>At most 16384 buckets are kept, which is more than there can be keys. Of more tenants than that the one that has called
 * longest ago begins anew with a full bucket, which it most likely has.
 */
public final class RateLimits {
    private static final int MOST_BUCKETS = 1 << 14;

    private final Optional<RateLimit> standard;
    private final TimeMeter time;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Bucket> buckets = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
            return size() > MOST_BUCKETS;
        }
    };

    /** @param standard of tenants that have no limit of their own; empty for none */
    public RateLimits(Optional<RateLimit> standard, Ticker ticker) {
        this.standard = requireNonNull(standard, "standard is null");
        this.time = new TickerMeter(ticker);
    }

    /** Takes a token. Where there is none, returns after which time there will be one. */
    public Optional<Duration> take(Tenant tenant) {
        return tenant.rateLimit().or(() -> standard).flatMap(limit -> {
            ConsumptionProbe probe = bucket(tenant, limit).tryConsumeAndReturnRemaining(1);
            return probe.isConsumed()
                    ? Optional.empty()
                    : Optional.of(Duration.ofNanos(Math.max(1, probe.getNanosToWaitForRefill())));
        });
    }

    /** For tests: how many buckets there are. */
    int size() {
        lock.lock();
        try {
            return buckets.size();
        } finally {
            lock.unlock();
        }
    }

    private Bucket bucket(Tenant tenant, RateLimit limit) {
        lock.lock();
        try {
            // A label is one tenant's for ever: no name of a key is given twice.
            return buckets.computeIfAbsent(tenant.label(), _ -> full(limit));
        } finally {
            lock.unlock();
        }
    }

    private Bucket full(RateLimit limit) {
        return Bucket.builder()
                .withCustomTimePrecision(time)
                .addLimit(bandwidth ->
                        bandwidth.capacity(limit.capacity()).refillGreedy(limit.perSecond(), Duration.ofSeconds(1)))
                .build();
    }

    /** The library's clock, read off ours. */
    private record TickerMeter(Ticker ticker) implements TimeMeter {
        private TickerMeter {
            requireNonNull(ticker, "ticker is null");
        }

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
