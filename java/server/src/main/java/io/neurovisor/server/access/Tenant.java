package io.neurovisor.server.access;

import static java.util.Objects.requireNonNull;

import io.grpc.Context;
import io.neurovisor.server.config.RateLimit;
import java.util.Optional;
import java.util.OptionalLong;

/** For whom a call is served. */
public sealed interface Tenant {
    /** What the audit log calls it: {@code key:ci}, {@code uid:1000}, {@code unix}, {@code loopback}. */
    String label();

    boolean may(Scope scope);

    /** Its own, in place of the service's. */
    Optional<RateLimit> rateLimit();

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
    }

    /**
     * A user of this machine, at the Unix socket, which lets in only whom it is meant for.
     *
     * @param uid empty where the transport has let somebody in without saying who
     */
    record LocalUser(OptionalLong uid) implements Tenant {
        public LocalUser {
            requireNonNull(uid, "uid is null");
        }

        @Override
        public String label() {
            return uid.isPresent() ? "uid:" + uid.getAsLong() : "unix";
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
