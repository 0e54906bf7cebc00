package io.neurovisor.server.access;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.server.config.RateLimit;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * What a key is given when it is made, for as long as it lives.
 *
 * @param scopes at least one
 * @param rateLimit its own in place of the service's
 * @param quota empty for none
 * @param share the most that it may have of the pool
 * @param tokens of language models; empty for no limit
 * @param expiry empty for a key that is valid until it is revoked
 */
public record KeyGrant(
        KeyName name,
        Set<Scope> scopes,
        Optional<RateLimit> rateLimit,
        Optional<Quota> quota,
        PoolShare share,
        Optional<TokenBudget> tokens,
        Optional<KeyExpiry> expiry) {
    public KeyGrant {
        requireNonNull(name, "name is null");
        requireNonNull(rateLimit, "rateLimit is null");
        requireNonNull(quota, "quota is null");
        requireNonNull(share, "share is null");
        requireNonNull(tokens, "tokens is null");
        requireNonNull(expiry, "expiry is null");
        if (scopes.isEmpty()) {
            throw new IllegalArgumentException("a key without a scope opens nothing");
        }
        scopes = Collections.unmodifiableSet(EnumSet.copyOf(scopes));
    }

    /** Without a budget of tokens, and valid until it is revoked. */
    public KeyGrant(
            KeyName name, Set<Scope> scopes, Optional<RateLimit> rateLimit, Optional<Quota> quota, PoolShare share) {
        this(name, scopes, rateLimit, quota, share, Optional.empty(), Optional.empty());
    }
}
