package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.pool.Lease;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What belongs to a sandbox until its machine is killed.
 *
 * @param home completes when its machine has become a sandbox; never if it gets none
 * @param settled completes when it runs, or exceptionally with the reason why it does not
 * @param released completes when its machine is killed and its end is recorded
 * @param examined whether its guest is being asked for a sign of life
 */
record LivingSandbox(
        CompletableFuture<Home> home,
        CompletableFuture<Void> settled,
        CompletableFuture<Void> released,
        AtomicBoolean examined) {
    /**
     * A machine that has become a sandbox.
     *
     * @param diskBytes the space for files
     */
    record Home(Lease lease, long diskBytes) {
        Machine machine() {
            return lease.machine();
        }
    }

    LivingSandbox() {
        this(new CompletableFuture<>(), new CompletableFuture<>(), new CompletableFuture<>(), new AtomicBoolean());
    }

    /** Returns its machine; empty while it has none. */
    Optional<Home> homeNow() {
        return Optional.ofNullable(home.getNow(null));
    }
}
