package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.pool.Lease;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What belongs to a sandbox until its machine is killed. A paused one has it for its next machine.
 *
 * @param home completes when its machine has become a sandbox or continues it; never if it gets none
 * @param settled completes when it runs, or exceptionally with the reason why it does not
 * @param released completes when its machine is killed and its end, or its pause, is recorded
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
        /** @param claimedBytes the space for files as the guest reports it, which can be any number */
        static Home of(Lease lease, long claimedBytes, SandboxSpec spec) {
            // Files are in the memory of the guest.
            return new Home(lease, Math.min(claimedBytes, spec.memoryBytes()));
        }

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
