package io.neurovisor.server.access;

import io.grpc.Context;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.pool.Claimant;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.engine.sandbox.SandboxOwner;
import io.neurovisor.server.access.keys.AccessKey;
import io.neurovisor.server.access.keys.SandboxQuota;
import io.neurovisor.server.access.keys.Scope;
import io.neurovisor.server.config.RateLimit;
import io.neurovisor.server.setting.DataSize;
import java.util.Optional;

/** The client on whose behalf a call is served. */
public sealed interface Tenant {
    /** Returns the name in the audit log: {@code key:ci}, {@code unix:1000}, {@code loopback}. */
    String label();

    boolean may(Scope scope);

    /** Returns the limit that replaces the service's; empty if there is none. */
    default Optional<RateLimit> rateLimit() {
        return Optional.empty();
    }

    /** Returns the tenant as the pool sees it. */
    default Claimant claimant() {
        return new Claimant(label(), PoolShare.UNLIMITED);
    }

    /** Returns the tenant as the owner of sandboxes. */
    default SandboxOwner sandboxOwner() {
        return SandboxOwner.unlimited(claimant());
    }

    /** Returns the tenant of the running call; empty outside of calls that {@link AccessInterceptor} has admitted. */
    static Optional<Tenant> current() {
        return Optional.ofNullable(AccessInterceptor.TENANT.get());
    }

    /**
     * Returns the tenant of the running call.
     *
     * @throws NeuroVisorException {@code INTERNAL} if {@link AccessInterceptor} has admitted none
     */
    static Tenant ofCall() {
        return current()
                .orElseThrow(() -> new NeuroVisorException(Fault.INTERNAL, "a call was admitted without a tenant"));
    }

    record KeyHolder(AccessKey key) implements Tenant {
        /** The begin of the labels of keys; the rest is the name of the key. */
        public static final String PREFIX = "key:";

        @Override
        public String label() {
            return PREFIX + key.grant().name();
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

        @Override
        public SandboxOwner sandboxOwner() {
            SandboxQuota quota = key.grant().sandboxes();
            return new SandboxOwner(
                    claimant(),
                    quota.sandboxes(),
                    quota.memory().map(DataSize::bytes),
                    quota.paused(),
                    quota.disk().map(DataSize::bytes));
        }
    }

    /** A client of the Unix socket, for the server's user and root only; {@code uid} is that of its process. */
    record LocalUser(int uid) implements Tenant {
        /** The begin of the labels of users; the rest is the number. */
        static final String PREFIX = "unix:";

        @Override
        public String label() {
            return PREFIX + uid;
        }

        @Override
        public boolean may(Scope scope) {
            return true;
        }
    }

    /** All clients on this machine that connect without a key. */
    record Loopback() implements Tenant {
        @Override
        public String label() {
            return "loopback";
        }

        @Override
        public boolean may(Scope scope) {
            return true;
        }
    }

    /** For {@link AccessInterceptor} only. */
    static Context with(Tenant tenant) {
        return Context.current().withValue(AccessInterceptor.TENANT, tenant);
    }
}
