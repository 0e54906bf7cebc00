package io.neurovisor.tests.hostile.clients;

import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.server.access.keys.KeyGrant;
import io.neurovisor.server.access.keys.KeyName;
import io.neurovisor.server.access.keys.Quota;
import io.neurovisor.server.access.keys.Scope;
import io.neurovisor.server.config.RateLimit;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Clients with different keys, which differ in scopes and limits. */
enum KeyHolder {
    HONEST,
    /** May have one machine, and two calls that wait. */
    GREEDY,
    /** May run one program a day. */
    POOR,
    /** May make a burst of five calls, then one per second. */
    HASTY,
    /** May ask models only. */
    ASKING,
    /** May read metrics only. */
    SCRAPING,
    /** Is revoked by an attack. */
    DISMISSED;

    String keyName() {
        return name().toLowerCase(Locale.ROOT);
    }

    KeyGrant grant() {
        return switch (this) {
            case HONEST -> grant(EnumSet.of(Scope.EXECUTE, Scope.METRICS), PoolShare.UNLIMITED);
            case GREEDY ->
                grant(
                        EnumSet.of(Scope.EXECUTE, Scope.AGENT, Scope.INFER),
                        new PoolShare(Optional.of(1), Optional.of(2)));
            case POOR -> limited(Optional.empty(), Optional.of(new Quota(1)));
            case HASTY -> limited(Optional.of(new RateLimit(5, 1)), Optional.empty());
            case ASKING -> grant(EnumSet.of(Scope.INFER), PoolShare.UNLIMITED);
            case SCRAPING -> grant(EnumSet.of(Scope.METRICS), PoolShare.UNLIMITED);
            case DISMISSED -> grant(EnumSet.of(Scope.EXECUTE), PoolShare.UNLIMITED);
        };
    }

    private KeyGrant grant(Set<Scope> scopes, PoolShare share) {
        return new KeyGrant(new KeyName(keyName()), scopes, Optional.empty(), Optional.empty(), share);
    }

    private KeyGrant limited(Optional<RateLimit> rate, Optional<Quota> quota) {
        return new KeyGrant(new KeyName(keyName()), EnumSet.of(Scope.EXECUTE), rate, quota, PoolShare.UNLIMITED);
    }
}
