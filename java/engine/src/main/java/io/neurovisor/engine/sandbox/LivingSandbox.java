package io.neurovisor.engine.sandbox;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.pool.Lease;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * What belongs to a sandbox until its machine is killed. A paused one, and a lost one that can go back, have it for their next
 * machine.
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

    /** Waits for an event of the life of a sandbox, if it has one now, as the other one does. */
    static void await(LockedBook.View view, Function<LivingSandbox, CompletableFuture<Void>> event, Duration limit) {
        view.living().ifPresent(living -> await(view, event.apply(living), limit));
    }

    /** Waits for an event of a sandbox; throws why it does not happen, or {@code SANDBOX_BUSY} if it does not happen in time. */
    static void await(LockedBook.View view, CompletableFuture<Void> event, Duration limit) {
        SandboxId id = view.id();
        try {
            event.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException exception) {
            throw SandboxFaults.busy(id, view.phase());
        } catch (ExecutionException exception) {
            throw SandboxFaults.notReached(id, requireNonNull(exception.getCause(), "no cause"));
        } catch (InterruptedException exception) {
            throw SandboxFaults.interrupted(id, exception);
        }
    }

    /** Returns its machine; empty while it has none. */
    Optional<Home> homeNow() {
        return Optional.ofNullable(home.getNow(null));
    }
}
