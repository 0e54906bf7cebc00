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
    private final Supplier<Optional<String>> making;
    private final int warm;
    private volatile boolean draining;

    /**
     * @param making the step of a template that is being made
     * @param warm the number of machines that the pool keeps ready
     */
    Readiness(Supplier<PoolStatus> pool, Supplier<Optional<String>> making, int warm) {
        this.pool = pool;
        this.making = making;
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
        if (status.warmed() || warm == 0) {
            return Optional.empty();
        }
        return Optional.of("warming up: no virtual machine has become ready yet, "
                + making.get()
                        .map(step -> "for the template is made first: " + step)
                        .orElse(status.starting() + (status.starting() == 1 ? " is" : " are") + " being started"));
    }
}
