package io.neurovisor.server.daemon;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.pool.PoolStatus;
import java.util.Optional;
import java.util.function.Supplier;

/** Whether a server can run programs: machines have become ready, making them is not failing, and it is not about to end. */
final class Readiness {
    private final Supplier<PoolStatus> pool;
    private final int warm;
    private volatile boolean draining;

    /** @param warm how many machines the pool keeps ready */
    Readiness(Supplier<PoolStatus> pool, int warm) {
        this.pool = requireNonNull(pool, "pool is null");
        this.warm = warm;
    }

    void drain() {
        draining = true;
    }

    /** What keeps it from that, in words; empty when nothing does. */
    Optional<String> obstacle() {
        if (draining) {
            return Optional.of("draining: no more requests are taken");
        }
        PoolStatus status = pool.get();
        if (status.failure().isPresent()) {
            return status.failure().map(reason -> "the pool cannot refill: " + reason);
        }
        if (status.machines() == 0 && status.shortage().isPresent()) {
            return status.shortage().map(room -> "no virtual machine fits into the memory: " + room);
        }
        return status.warmed() || warm == 0
                ? Optional.empty()
                : Optional.of("warming up: no virtual machine has become ready yet, " + status.starting()
                        + (status.starting() == 1 ? " is" : " are") + " being started");
    }
}
