package io.neurovisor.engine.pool;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxListener;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.VmId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
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
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Machines that are ready when a request comes, and more on demand.
 *
 * <ul>
 *   <li>Never more than {@link PoolPlan#max} exist; one counts from the decision to start it until nothing of it is left.
 *   <li>However much each of those that run takes of what it may, the host's memory holds them all: whoever does not fit
 *       waits, and if there is nothing to wait for is told so at once.
 *   <li>Claimants that wait take turns, and none has more than its share; a request waits for as long as it may, and one whose
 *       own machine does not start is told why. Room for another kind is made at the cost of machines that nobody has asked for.
 *   <li>What was used is destroyed and then replaced: a start at the same time would hold up the answer that waits for the
 *       end. A machine that has died, or is too old for its clock to be trusted, is replaced before anybody gets it.
 *   <li>A machine that waits is primed while nobody waits for one and a processor is free for it.
 *   <li>Refilling that fails is tried again, at longer and longer intervals; requests are not held up by that.
 * </ul>
 *
 * <p>{@link PoolState} decides; all that is here happens under one lock, but for starting and destroying machines.
 */
public final class WarmPool implements AutoCloseable {
    /** An emulated clock may drift by half a millisecond in a second. */
    static final Duration MAX_AGE = Duration.ofMinutes(30);

    /** For a request whose caller has a deadline to be told in time that there is no machine. */
    static final Duration MARGIN = Duration.ofMillis(250);

    /** Not virtual: a start may have to digest a whole template, and all that waits would wait for it on one processor. */
    private static final ThreadFactory THREADS =
            Thread.ofPlatform().daemon().name("machines-", 1).factory();

    /** For memory, which comes back without a word when others give it up. */
    private static final Duration LOOK_AGAIN_AFTER = Duration.ofMillis(500);

    private static final Logger LOG = LoggerFactory.getLogger(WarmPool.class);

    private final PoolPlan plan;
    private final SandboxSource sandboxes;
    private final Consumer<Sandbox> primer;
    private final Ticker ticker;
    private final SandboxListener listener;
    private final Executor executor;
    private final Lock lock;
    private final CompletableFuture<Void> drained = new CompletableFuture<>();

    // Guarded by the lock.
    private final PoolState state;
    private final Map<Long, Machine> machines = new HashMap<>();
    private final Map<Long, CompletableFuture<Lease>> promises = new HashMap<>();
    private long leases;
    private boolean waking;
    private boolean looking;

    private record Machine(Sandbox sandbox, long startNanos) {}

    /** @param primer sends through a new machine what makes its first program quick */
    public WarmPool(PoolPlan plan, SandboxSource sandboxes, Consumer<Sandbox> primer, Ticker ticker) {
        this(plan, sandboxes, primer, ticker, SandboxListener.NONE);
    }

    /**
     * The same, with one who hears of the machines' ends.
     *
     * @param listener the one that {@code sandboxes} tells of their beginnings
     */
    public WarmPool(
            PoolPlan plan, SandboxSource sandboxes, Consumer<Sandbox> primer, Ticker ticker, SandboxListener listener) {
        this(plan, sandboxes, primer, ticker, listener, Executors.newCachedThreadPool(THREADS), new ReentrantLock());
    }

    /** @param executor starts and destroys machines */
    WarmPool(
            PoolPlan plan,
            SandboxSource sandboxes,
            Consumer<Sandbox> primer,
            Ticker ticker,
            SandboxListener listener,
            Executor executor,
            Lock lock) {
        this.plan = requireNonNull(plan, "plan is null");
        this.sandboxes = requireNonNull(sandboxes, "sandboxes is null");
        this.primer = requireNonNull(primer, "primer is null");
        this.ticker = requireNonNull(ticker, "ticker is null");
        this.listener = requireNonNull(listener, "listener is null");
        this.executor = requireNonNull(executor, "executor is null");
        this.lock = requireNonNull(lock, "lock is null");
        this.state = new PoolState(plan, this::residentBytes);
    }

    /** Begins to keep machines ready; without it each is made when it is asked for. */
    public void keepWarm() {
        change(state::keepWarm);
    }

    /** Waits for a machine as long as any request may, for a process that serves no clients. */
    public Lease lease(MachineKind kind) {
        return lease(kind, Claimant.LOCAL, Optional.empty());
    }

    /** The same until shortly before the deadline. */
    public Lease lease(MachineKind kind, Deadline deadline) {
        return lease(kind, Claimant.LOCAL, Optional.of(deadline));
    }

    /**
     * The same for one of several claimants.
     *
     * @throws NeuroVisorException {@code TENANT_LIMIT} at once when the claimant has as many requests that wait as it may have,
     *     and later when it still has as many machines as it may have
     */
    public Lease lease(MachineKind kind, Claimant claimant, Optional<Deadline> deadline) {
        CompletableFuture<Lease> promise = new CompletableFuture<>();
        long ticket = change(() -> enqueue(kind, claimant, promise));
        Duration patience = patience(deadline);
        try {
            while (!isAnsweredWithin(patience(deadline), promise)) {
                boolean mayWait = patience(deadline).isPositive() && locked(() -> state.awaitsTemplate(kind));
                if (!mayWait) {
                    return withdrawn(ticket, kind, claimant, patience, promise);
                }
            }
            return answer(promise);
        } catch (InterruptedException exception) {
            if (change(() -> withdraw(ticket, kind, claimant, patience)).isEmpty()) {
                CompletableFuture<Void> _ = promise.thenAccept(Lease::close); // At once: it has been answered.
            }
            Thread.currentThread().interrupt();
            throw new NeuroVisorException(
                    Fault.INTERRUPTED, "waiting for a virtual machine was interrupted", exception);
        }
    }

    /** How long a request waits before it gives up, unless a template is being made for it. */
    private Duration patience(Optional<Deadline> deadline) {
        return deadline.map(end -> end.remaining().minus(MARGIN))
                .filter(left -> left.compareTo(plan.acquireTimeout()) < 0)
                .orElse(plan.acquireTimeout());
    }

    public PoolStatus status() {
        return locked(state::status);
    }

    /** How many of its usual machines the memory holds, as it is now. */
    public MemoryHeadroom room() {
        return locked(() -> state.room(plan.usual().size()));
    }

    /** The same, once what has died while it waited is being replaced: of a machine that nobody uses nothing else tells. */
    public PoolStatus look() {
        change(() -> {});
        return status();
    }

    /** Takes no more requests, destroys what nobody uses and waits for the rest; false when the deadline came first. */
    public boolean drain(Deadline deadline) {
        close();
        try {
            drained.get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
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

    /** Takes no more requests and destroys what nobody uses, without waiting for it. Leases stay what they are. */
    @Override
    public void close() {
        change(() -> state.stop().forEach(ticket -> promise(ticket).completeExceptionally(PoolFaults.stopping())));
    }

    private static boolean isAnsweredWithin(Duration patience, CompletableFuture<Lease> promise)
            throws InterruptedException {
        try {
            Lease _ = promise.get(Math.max(0, patience.toNanos()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException exception) {
            return false;
        } catch (ExecutionException exception) {
            // It is thrown where the answer is taken.
        }
        return true;
    }

    private Lease withdrawn(
            long ticket, MachineKind kind, Claimant claimant, Duration patience, CompletableFuture<Lease> promise) {
        Optional<NeuroVisorException> refusal = change(() -> withdraw(ticket, kind, claimant, patience));
        if (refusal.isPresent()) {
            throw refusal.get();
        }
        return answer(promise);
    }

    private long enqueue(MachineKind kind, Claimant claimant, CompletableFuture<Lease> promise) {
        if (state.isStopped()) {
            throw PoolFaults.stopping();
        }
        long ticket =
                state.enqueue(kind, claimant).orElseThrow(() -> PoolFaults.queueFull(claimant, state.waiting(claimant)));
        promises.put(ticket, promise);
        return ticket;
    }

    /** Why the request that leaves has no machine; empty when it has been answered before. */
    private Optional<NeuroVisorException> withdraw(long ticket, MachineKind kind, Claimant claimant, Duration patience) {
        PoolStatus status = state.status();
        int waiting = state.waiting(claimant);
        if (!state.leave(ticket)) {
            return Optional.empty();
        }
        promises.remove(ticket);
        int machines = state.machines(claimant);
        return Optional.of(
                machines >= claimant.share().machines().orElse(Integer.MAX_VALUE)
                        ? PoolFaults.shareUsed(kind, patience, claimant, machines, waiting)
                        : PoolFaults.exhausted(kind, patience, plan.max(), status));
    }

    private static Lease answer(CompletableFuture<Lease> promise) {
        try {
            return promise.join();
        } catch (CompletionException exception) {
            // Made anew, for its stack is to be the caller's.
            NeuroVisorException refusal = (NeuroVisorException) requireNonNull(exception.getCause(), "no cause");
            throw new NeuroVisorException(refusal.fault(), String.valueOf(refusal.getMessage()), refusal);
        }
    }

    private void change(Runnable event) {
        Object _ = change(() -> {
            event.run();
            return event;
        });
    }

    /** Lets something happen, and then whatever follows from it. */
    private <T> T change(Supplier<T> event) {
        List<Runnable> work = new ArrayList<>();
        T result;
        lock.lock();
        try {
            result = event.get();
            long nowNanos = ticker.nanos();
            state.warm().forEach(slot -> unusable(slot, nowNanos).ifPresent(step -> book(step, work)));
            for (Optional<PoolAction> step = state.next(nowNanos); step.isPresent(); step = state.next(nowNanos)) {
                book(step.get(), work);
            }
            wakeAfter(state.pause(nowNanos));
            lookAgain();
            if (state.isStopped() && state.status().machines() == 0) {
                drained.complete(null);
            }
        } finally {
            lock.unlock();
        }
        work.forEach(executor::execute);
        return result;
    }

    /** Does what is quick; what takes its time is put to the work. */
    private void book(PoolAction step, List<Runnable> work) {
        switch (step) {
            case PoolAction.Start start -> work.add(() -> start(start.slot(), start.kind()));
            case PoolAction.Prime prime -> {
                Sandbox sandbox = machine(prime.slot()).sandbox();
                work.add(() -> prime(prime.slot(), sandbox));
            }
            case PoolAction.Refuse refuse -> {
                boolean _ = promise(refuse.ticket())
                        .completeExceptionally(PoolFaults.neverFits(refuse.kind(), refuse.room()));
            }
            case PoolAction.Destroy destroy -> {
                Sandbox sandbox = machine(destroy.slot()).sandbox();
                work.add(() -> destroy(destroy.slot(), sandbox, destroy.end()));
            }
            case PoolAction.Grant grant -> {
                Sandbox sandbox = machine(grant.slot()).sandbox();
                Lease lease = new Lease(++leases, sandbox, () -> release(grant.slot(), sandbox));
                boolean _ = promise(grant.ticket()).complete(lease);
            }
        }
    }

    private Optional<PoolAction> unusable(Slot slot, long nowNanos) {
        Machine machine = machine(slot.id());
        Optional<String> death = machine.sandbox().death();
        if (death.isPresent()) {
            LOG.warn("warm virtual machine {} has died: {}", machine.sandbox().vmId(), death.get());
            return Optional.of(state.died(slot.id(), death.get(), nowNanos));
        }
        return nowNanos - machine.startNanos() > MAX_AGE.toNanos()
                ? Optional.of(state.expired(slot.id()))
                : Optional.empty();
    }

    private void wakeAfter(Duration pause) {
        if (!pause.isZero() && !waking) {
            waking = true;
            CompletableFuture.delayedExecutor(pause.toNanos(), TimeUnit.NANOSECONDS, executor)
                    .execute(() -> change(() -> waking = false));
        }
    }

    private void lookAgain() {
        if (state.isShort() && !looking) {
            looking = true;
            CompletableFuture.delayedExecutor(LOOK_AGAIN_AFTER.toNanos(), TimeUnit.NANOSECONDS, executor)
                    .execute(() -> change(() -> looking = false));
        }
    }

    private void start(long slot, MachineKind kind) {
        long startNanos = ticker.nanos();
        VmId id = sandboxes.newId();
        becomesReady(slot, id, () -> {
            if (locked(() -> state.isUnmade(kind))) {
                sandboxes.make(kind);
                change(() -> state.made(kind));
            }
            Sandbox sandbox = sandboxes.open(id, kind);
            orElseEnded(sandbox, () -> {});
            change(() -> {
                machines.put(slot, new Machine(sandbox, startNanos));
                state.ready(slot);
            });
        });
    }

    private void prime(long slot, Sandbox sandbox) {
        becomesReady(slot, sandbox.vmId(), () -> {
            orElseEnded(sandbox, () -> primer.accept(sandbox));
            change(() -> state.ready(slot));
        });
    }

    private void becomesReady(long slot, VmId id, Runnable work) {
        try {
            work.run();
        } catch (NeuroVisorException exception) {
            failed(slot, id, exception);
        } catch (RuntimeException | Error defect) {
            failed(
                    slot,
                    id,
                    new NeuroVisorException(Fault.INTERNAL, "a virtual machine was not started: " + defect, defect));
        }
    }

    private void orElseEnded(Sandbox sandbox, Runnable work) {
        try {
            work.run();
            // A failed start, not a machine to be replaced: whoever waits must hear of it, not wait for the next to
            // die.
            sandbox.death().ifPresent(words -> {
                throw new NeuroVisorException(Fault.VMM_FAILED, "virtual machine " + sandbox.vmId() + ": " + words);
            });
        } catch (RuntimeException | Error failure) {
            sandbox.close();
            VmId id = sandbox.vmId();
            CompletableFuture<Void> _ = sandboxes.gone(id).thenRun(() -> listener.ended(id, SandboxEnd.START_FAILED));
            throw failure;
        }
    }

    private void failed(long slot, VmId id, NeuroVisorException failure) {
        String reason = String.valueOf(failure.getMessage());
        change(() -> {
            OptionalLong ticket = state.failed(slot, reason, ticker.nanos());
            if (ticket.isPresent()) {
                boolean _ = promise(ticket.getAsLong()).completeExceptionally(failure);
            } else if (!state.isStopped()) {
                LOG.warn("a virtual machine to be kept ready has not started: {}", reason);
            }
        });
        whenGone(id, () -> change(() -> gone(slot)));
    }

    private void release(long slot, Sandbox sandbox) {
        change(() -> state.released(slot));
        try {
            // By a thread that nobody interrupts: what is cut short here would count as gone and live on.
            CompletableFuture.runAsync(() -> destroy(slot, sandbox, SandboxEnd.USED), executor)
                    .join();
        } catch (CompletionException exception) {
            // Only a defect: a machine that is slow to end is waited for elsewhere.
            throw exception.getCause() instanceof NeuroVisorException failure ? failure : exception;
        }
    }

    private void destroy(long slot, Sandbox sandbox, SandboxEnd end) {
        VmId id = sandbox.vmId();
        try {
            sandbox.close();
        } finally {
            whenGone(id, () -> {
                listener.ended(id, end);
                change(() -> gone(slot));
            });
        }
    }

    /**
     * Acts now where nothing of the machine is left, else as soon as that is so. Its result is the client's meanwhile, while
     * the machine counts against what may exist.
     */
    private void whenGone(VmId id, Runnable action) {
        CompletableFuture<Void> gone = sandboxes.gone(id);
        if (gone.isDone()) {
            action.run();
            return;
        }
        LOG.warn("virtual machine {} was killed and has not ended yet; it counts against --max until it has", id);
        CompletableFuture<Void> _ = gone.whenCompleteAsync(
                (_, _) -> {
                    LOG.info("virtual machine {}, which was slow to end, has ended", id);
                    action.run();
                },
                executor);
    }

    private void gone(long slot) {
        state.gone(slot);
        machines.remove(slot);
    }

    /** Nothing is known of a machine that has not started: it counts with all that it may take. */
    private long residentBytes(long slot) {
        Machine machine = machines.get(slot);
        return machine == null ? 0 : machine.sandbox().residentBytes();
    }

    private Machine machine(long slot) {
        return requireNonNull(machines.get(slot), () -> "no machine " + slot);
    }

    private CompletableFuture<Lease> promise(long ticket) {
        return requireNonNull(promises.remove(ticket), () -> "no request " + ticket);
    }

    private <T> T locked(Supplier<T> reading) {
        lock.lock();
        try {
            return reading.get();
        } finally {
            lock.unlock();
        }
    }
}
