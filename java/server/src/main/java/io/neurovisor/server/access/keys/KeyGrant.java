package io.neurovisor.server.access.keys;

import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.server.config.RateLimit;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * The properties of a key, fixed when it is made.
 *
 * @param scopes at least one
 * @param rateLimit replaces the service's; empty for the service's
 * @param quota empty for none
 * @param share the key's limit in the pool
 * @param sandboxes the key's limit of running sandboxes
 * @param tokens of language models; empty for no limit
 * @param expiry empty for a key that is valid until it is revoked
 */
public record KeyGrant(
        KeyName name,
        Set<Scope> scopes,
        Optional<RateLimit> rateLimit,
        Optional<Quota> quota,
        PoolShare share,
        SandboxQuota sandboxes,
        Optional<TokenBudget> tokens,
        Optional<KeyExpiry> expiry) {
    public KeyGrant {
        if (scopes.isEmpty()) {
            throw new IllegalArgumentException("a key needs at least one scope");
        }
        scopes = Collections.unmodifiableSet(EnumSet.copyOf(scopes));
    }

    /** Creates a grant without limits for sandboxes and tokens that is valid until the key is revoked. */
    public KeyGrant(
            KeyName name, Set<Scope> scopes, Optional<RateLimit> rateLimit, Optional<Quota> quota, PoolShare share) {
        this(name, scopes, rateLimit, quota, share, SandboxQuota.UNLIMITED, Optional.empty(), Optional.empty());
    }
}
