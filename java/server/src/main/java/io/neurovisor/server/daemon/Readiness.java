package io.neurovisor.server.daemon;

import io.neurovisor.engine.pool.PoolStatus;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Decides whether a server can run programs: machines have become ready, starting them works, and the server is not
 * draining.
 */
final class Readiness {
    private final Supplier<PoolStatus> pool;
    private final int warm;
    private volatile boolean draining;

    /** @param warm the number of machines that the pool keeps ready */
    Readiness(Supplier<PoolStatus> pool, int warm) {
        this.pool = pool;
        this.warm = warm;
    }

    void drain() {
        draining = true;
    }

    /** Returns the reason why the server is not ready; empty if it is. */
    Optional<String> obstacle() {
        if (draining) {
            return Optional.of("draining: no further requests are accepted");
        }
        PoolStatus status = pool.get();
        if (status.failure().isPresent()) {
            return status.failure().map(reason -> "the pool cannot refill: " + reason);
        }
        if (status.machines() == 0 && status.shortage().isPresent()) {
            return status.shortage().map(room -> "no virtual machine fits into memory: " + room);
        }
        return status.warmed() || warm == 0
                ? Optional.empty()
                : Optional.of("warming up: no virtual machine has become ready yet, " + status.starting()
                        + (status.starting() == 1 ? " is" : " are") + " being started");
    }
}
