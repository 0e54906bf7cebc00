package io.neurovisor.server.access;

import static java.util.Objects.requireNonNull;

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
 */
public record KeyGrant(KeyName name, Set<Scope> scopes, Optional<RateLimit> rateLimit, Optional<Quota> quota) {
    public KeyGrant {
        requireNonNull(name, "name is null");
        requireNonNull(rateLimit, "rateLimit is null");
        requireNonNull(quota, "quota is null");
        if (scopes.isEmpty()) {
            throw new IllegalArgumentException("a key without a scope opens nothing");
        }
        scopes = Collections.unmodifiableSet(EnumSet.copyOf(scopes));
    }
}
