package io.neurovisor.server.access;

import static java.util.Objects.requireNonNull;

import io.grpc.Context;
import io.neurovisor.engine.pool.Claimant;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.server.config.RateLimit;
import java.util.Optional;

/** For whom a call is served. */
public sealed interface Tenant {
    /** What the audit log calls it: {@code key:ci}, {@code unix:1000}, {@code loopback}. */
    String label();

    boolean may(Scope scope);

    /** Its own, in place of the service's. */
    Optional<RateLimit> rateLimit();

    /** What the pool knows of it. */
    default Claimant claimant() {
        return new Claimant(label(), PoolShare.UNLIMITED);
    }

    /** The tenant of the call that is being served; empty outside of calls that {@link AccessInterceptor} has let in. */
    static Optional<Tenant> current() {
        return Optional.ofNullable(AccessInterceptor.TENANT.get());
    }

    /** Whoever has the key. */
    record KeyHolder(AccessKey key) implements Tenant {
        public KeyHolder {
            requireNonNull(key, "key is null");
        }

        @Override
        public String label() {
            return "key:" + key.grant().name();
        }

        @Override
        public boolean may(Scope scope) {
            return key.grant().scopes().contains(scope);
        }

        @Override
        public Optional<RateLimit> rateLimit() {
            return key.grant().rateLimit();
        }

        @Override
        public Claimant claimant() {
            return new Claimant(label(), key.grant().share());
        }
    }

    /**
     * At the Unix socket, which lets in only the user whose server it is, and root.
     *
     * @param uid of the process that has connected
     */
    record LocalUser(int uid) implements Tenant {
        @Override
        public String label() {
            return "unix:" + uid;
        }

        @Override
        public boolean may(Scope scope) {
            return true;
        }

        @Override
        public Optional<RateLimit> rateLimit() {
            return Optional.empty();
        }
    }

    /** Everybody on this machine who comes without a key. */
    record Loopback() implements Tenant {
        @Override
        public String label() {
            return "loopback";
        }

        @Override
        public boolean may(Scope scope) {
            return true;
        }

        @Override
        public Optional<RateLimit> rateLimit() {
            return Optional.empty();
        }
    }

    /** For {@link AccessInterceptor} alone. */
    static Context with(Tenant tenant) {
        return Context.current().withValue(AccessInterceptor.TENANT, tenant);
    }
}
