package io.neurovisor.server.access.keys;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Caches the keys that are not revoked. A revoked key is rejected after at most half a second, a new one is accepted
 * after at most 20 ms, and the database is read at most 50 times a second, however many invalid keys are tried.
 *
 * <p>While the database cannot be read, every lookup throws.
 */
public final class CachedKeys {
    private static final Logger LOG = LoggerFactory.getLogger(CachedKeys.class);

    private static final Duration TRUSTED = Duration.ofMillis(500);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);

    /** The interval between two updates of a key's last use, each of which is a write to disk. */
    private static final Duration BETWEEN_NOTES = Duration.ofMinutes(1);

    private final ApiKeys keys;
    private final InstantSource clock;
    private final Ticker ticker;
    private final Object lock = new Object();
    private final Map<Long, Instant> noted = new HashMap<>();
    private Map<String, AccessKey> known = Map.of();
    private Deadline trusted;
    private Deadline nextLook;

    public CachedKeys(ApiKeys keys, InstantSource clock, Ticker ticker) {
        this.keys = keys;
        this.clock = clock;
        this.ticker = ticker;
        this.trusted = Deadline.after(Duration.ZERO, ticker);
        this.nextLook = trusted;
    }

    /** Returns the key with this secret, even if it has expired. Accepts any text. */
    public Optional<AccessKey> find(String text) {
        return KeySecret.parse(text).flatMap(this::find);
    }

    private Optional<AccessKey> find(KeySecret secret) {
        String hash = secret.hash();
        synchronized (lock) {
            if (trusted.hasPassed() || (!known.containsKey(hash) && nextLook.hasPassed())) {
                reload();
            }
            Optional<AccessKey> key = Optional.ofNullable(known.get(hash));
            key.ifPresent(this::note);
            return key;
        }
    }

    private void reload() {
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
            // A key remains valid on a full disk.
            LOG.warn("the last use of key {} cannot be stored: {}", key.grant().name(), failure.getMessage());
        }
    }
}
