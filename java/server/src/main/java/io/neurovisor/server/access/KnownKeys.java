package io.neurovisor.server.access;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys that are not revoked, as a daemon knows them: a revoked one is refused after half a second at most, a new one is
 * accepted after 20 ms at most. However many wrong ones are tried, the database is looked at 50 times a second at most.
 *
 * <p>While the database cannot be read nobody is let in: each failure leaves here as it is.
 */
final class KnownKeys {
    private static final Logger LOG = LoggerFactory.getLogger(KnownKeys.class);

    private static final Duration TRUSTED = Duration.ofMillis(500);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);

    /** Between two notes of when a key was used, each of which is a write to the disk. */
    private static final Duration BETWEEN_NOTES = Duration.ofMinutes(1);

    private final ApiKeys keys;
    private final InstantSource clock;
    private final Ticker ticker;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Long, Instant> noted = new HashMap<>();
    private Map<String, AccessKey> known = Map.of();
    private Deadline trusted;
    private Deadline nextLook;

    KnownKeys(ApiKeys keys, InstantSource clock, Ticker ticker) {
        this.keys = requireNonNull(keys, "keys is null");
        this.clock = requireNonNull(clock, "clock is null");
        this.ticker = requireNonNull(ticker, "ticker is null");
        this.trusted = Deadline.after(Duration.ZERO, ticker);
        this.nextLook = trusted;
    }

    /** The key, which may have expired, that has the given text, which may be anything, as its secret. */
    Optional<AccessKey> find(String text) {
        return KeySecret.parse(text).flatMap(this::find);
    }

    private Optional<AccessKey> find(KeySecret secret) {
        String hash = secret.hash();
        lock.lock();
        try {
            if (trusted.hasPassed() || (!known.containsKey(hash) && nextLook.hasPassed())) {
                look();
            }
            Optional<AccessKey> key = Optional.ofNullable(known.get(hash));
            key.ifPresent(this::note);
            return key;
        } finally {
            lock.unlock();
        }
    }

    private void look() {
        known = keys.unrevoked();
        noted.keySet().retainAll(known.values().stream().map(AccessKey::id).toList());
        trusted = Deadline.after(TRUSTED, ticker);
        nextLook = Deadline.after(BETWEEN_LOOKS, ticker);
    }

    private void note(AccessKey key) {
        Instant now = clock.instant();
        Instant last = noted.get(key.id());
        if (last != null && now.isBefore(last.plus(BETWEEN_NOTES)) && !now.isBefore(last)) {
            return;
        }
        noted.put(key.id(), now);
        try {
            keys.used(key, now);
        } catch (NeuroVisorException failure) {
            // A key is as valid on a full disk.
            LOG.warn("when key {} was used could not be noted: {}", key.grant().name(), failure.getMessage());
        }
    }
}
