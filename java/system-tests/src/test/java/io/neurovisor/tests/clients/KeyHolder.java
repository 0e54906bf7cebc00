package io.neurovisor.tests.clients;

import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.server.access.KeyGrant;
import io.neurovisor.server.access.KeyName;
import io.neurovisor.server.access.Quota;
import io.neurovisor.server.access.Scope;
import io.neurovisor.server.config.RateLimit;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Clients with a key of the daemon, which differ in what it opens and how much they may take. */
enum KeyHolder {
    HONEST(EnumSet.of(Scope.EXECUTE, Scope.METRICS), Optional.empty(), Optional.empty(), PoolShare.UNLIMITED),
    /** May have one machine, and two calls that wait. */
    GREEDY(
            EnumSet.of(Scope.EXECUTE, Scope.AGENT, Scope.INFER),
            Optional.empty(),
            Optional.empty(),
            new PoolShare(Optional.of(1), Optional.of(2))),
    /** May run three programs a day. */
    POOR(EnumSet.of(Scope.EXECUTE), Optional.empty(), Optional.of(new Quota(3)), PoolShare.UNLIMITED),
    /** May make five calls at once, and one a second. */
    HASTY(EnumSet.of(Scope.EXECUTE), Optional.of(new RateLimit(5, 1)), Optional.empty(), PoolShare.UNLIMITED),
    ASKING(EnumSet.of(Scope.INFER), Optional.empty(), Optional.empty(), PoolShare.UNLIMITED),
    SCRAPING(EnumSet.of(Scope.METRICS), Optional.empty(), Optional.empty(), PoolShare.UNLIMITED),
    /** Is revoked by an attack. */
    DISMISSED(EnumSet.of(Scope.EXECUTE), Optional.empty(), Optional.empty(), PoolShare.UNLIMITED);

    private final Set<Scope> scopes;
    private final Optional<RateLimit> rate;
    private final Optional<Quota> quota;
    private final PoolShare share;

    KeyHolder(Set<Scope> scopes, Optional<RateLimit> rate, Optional<Quota> quota, PoolShare share) {
        this.scopes = scopes;
        this.rate = rate;
        this.quota = quota;
        this.share = share;
    }

    String keyName() {
        return name().toLowerCase(Locale.ROOT);
    }

    KeyGrant grant() {
        return new KeyGrant(new KeyName(keyName()), scopes, rate, quota, share);
    }
}
