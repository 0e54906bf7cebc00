package io.neurovisor.engine.pool;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * A pool of machines: some are kept ready for requests, others are started on demand.
 *
 * <ul>
 *   <li>At most {@link PoolPlan#max} machines exist. A machine counts from the decision to start it until nothing of it is left.
 *   <li>The host's memory holds all running machines, even if each takes as much as it may. A request whose machine does not
 *       fit waits, or fails immediately if there is nothing to wait for.
 *   <li>Waiting claimants take turns, and none exceeds its share. A request waits for a limited time; if the machine that is
 *       started for it fails, the request fails with the reason. Idle machines are ended to make room for another kind.
 *   <li>A used machine is killed when its lease is closed, and removed before its replacement starts. A ready machine that has died, or is too old for its clock to be trusted, is replaced.
 *   <li>A ready machine is primed while no request waits for one and a processor is free.
 *   <li>A failed refill is retried after growing pauses, which do not delay requests.
 * </ul>
 *
 * <p>Safe for use by many threads.
 */
public final class WarmPool implements AutoCloseable {
    /** The longest time that a machine stays ready: an emulated clock may drift by half a millisecond per second. */
    static final Duration MAX_AGE = Duration.ofMinutes(30);

    /** The time before the caller's deadline at which a request gives up, so that its failure arrives in time. */
    static final Duration MARGIN = Duration.ofMillis(250);

    /** Platform threads: a start may compute the digest of a whole template, which would block the carrier of virtual ones. */
    private static final ThreadFactory THREADS =
            Thread.ofPlatform().daemon().name("machines-", 1).factory();

    private final PoolPlan plan;
    private final LockedPoolState pool;

    /**
     * @param primer runs the programs in a new machine that make its first program fast
     * @param listener receives the ends of machines; {@code machines} reports their starts to it
     */
    public WarmPool(
            PoolPlan plan, Machines machines, Consumer<Machine> primer, Ticker ticker, MachineListener listener) {
        this(plan, machines, primer, ticker, listener, Executors.newCachedThreadPool(THREADS), new ReentrantLock());
    }

    /** @param executor starts and destroys machines */
    WarmPool(
            PoolPlan plan,
            Machines machines,
            Consumer<Machine> primer,
            Ticker ticker,
            MachineListener listener,
            Executor executor,
            Lock lock) {
        this.plan = plan;
        this.pool = new LockedPoolState(plan, machines, primer, ticker, listener, executor, lock);
    }

    /** Keeps machines ready from now on; before, each machine is started on demand. */
    public void keepWarm() {
        pool.keepWarm();
    }

    /** Leases a machine to a process that serves no clients; waits up to {@link PoolPlan#acquireTimeout}. */
    public Lease lease(MachineKind kind) {
        return lease(kind, Claimant.LOCAL, Optional.empty());
    }

    /** Leases a machine as {@link #lease(MachineKind)}, but gives up shortly before the deadline. */
    public Lease lease(MachineKind kind, Deadline deadline) {
        return lease(kind, Claimant.LOCAL, Optional.of(deadline));
    }

    /**
     * Leases a machine to one of several claimants.
     *
     * @throws NeuroVisorException {@code TENANT_LIMIT} immediately if the client has as many waiting requests as its share
     *     allows, or after the wait if it has as many machines as its share allows
     */
    public Lease lease(MachineKind kind, Claimant claimant, Optional<Deadline> deadline) {
        CompletableFuture<Lease> promise = new CompletableFuture<>();
        long ticket = pool.enqueue(kind, claimant, promise);
        Duration patience = patience(deadline);
        try {
            while (!isAnsweredWithin(patience(deadline), promise)) {
                boolean mayWait = patience(deadline).isPositive() && pool.awaitsTemplate(kind);
                if (!mayWait) {
                    Optional<NeuroVisorException> refusal = pool.withdraw(ticket, kind, claimant, patience);
                    if (refusal.isPresent()) {
                        throw refusal.get();
                    }
                    return answer(promise);
                }
            }
            return answer(promise);
        } catch (InterruptedException exception) {
            if (pool.withdraw(ticket, kind, claimant, patience).isEmpty()) {
                // The promise is complete already, so this runs immediately.
                CompletableFuture<Void> _ = promise.thenAccept(Lease::close);
            }
            throw NeuroVisorException.interrupted("waiting for a virtual machine was interrupted", exception);
        }
    }

    /** Returns how long a request waits before it gives up, unless a template is being made for it. */
    private Duration patience(Optional<Deadline> deadline) {
        return deadline.map(end -> end.remaining().minus(MARGIN))
                .filter(left -> left.compareTo(plan.acquireTimeout()) < 0)
                .orElse(plan.acquireTimeout());
    }

    public PoolStatus status() {
        return pool.status();
    }

    /** Returns the current memory headroom for machines of the usual size. */
    public MemoryHeadroom room() {
        return room(plan.usual().size());
    }

    /** Returns the current memory headroom for machines of a size. */
    public MemoryHeadroom room(SandboxSize size) {
        return pool.room(size);
    }

    /**
     * Counts memory that several machines share, in addition to what each of them can take.
     *
     * @param addedBytes negative when that memory was freed
     */
    public void shareMemory(long addedBytes) {
        pool.shareMemory(addedBytes);
    }

    /** Replaces ready machines that have died, then returns the status. Nothing else reports the death of an idle machine. */
    public PoolStatus look() {
        pool.settle();
        return pool.status();
    }

    /**
     * Rejects further requests, destroys idle machines and waits until all leases have been closed.
     *
     * @return false if the deadline passed first
     */
    public boolean drain(Deadline deadline) {
        close();
        try {
            pool.drained().get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException exception) {
            return false;
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException exception) {
            throw new IllegalStateException("draining cannot fail", exception);
        }
    }

    /** Rejects further requests for machines of sandboxes, and with {@code STOPPING} those that wait. Leases remain valid. */
    public void refuseSandboxes() {
        pool.refuseSandboxes();
    }

    /** Rejects further requests and destroys idle machines without waiting for them. Leases remain valid. */
    @Override
    public void close() {
        pool.stop();
    }

    private static boolean isAnsweredWithin(Duration patience, CompletableFuture<Lease> promise)
            throws InterruptedException {
        try {
            Lease _ = promise.get(Math.max(0, patience.toNanos()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException exception) {
            return false;
        } catch (ExecutionException exception) {
            // answer() throws it.
        }
        return true;
    }

    private static Lease answer(CompletableFuture<Lease> promise) {
        try {
            return promise.join();
        } catch (CompletionException exception) {
            // A new exception, so that the stack trace is the caller's.
            NeuroVisorException refusal = (NeuroVisorException) requireNonNull(exception.getCause(), "no cause");
            throw new NeuroVisorException(refusal.fault(), String.valueOf(refusal.getMessage()), refusal);
        }
    }
}
