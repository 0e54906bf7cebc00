package io.neurovisor.engine.pool;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state of a pool under one lock, with its machines and the promises to its requests. Each event is applied to
 * {@link PoolState}, and the actions that follow are carried out: leases are granted under the lock, and machines are started
 * and destroyed by the executor.
 */
final class LockedPoolState {
    /** The interval at which memory is measured again while it is short: other processes free memory without notice. */
    private static final Duration MEMORY_INTERVAL = Duration.ofMillis(500);

    private static final Logger LOG = LoggerFactory.getLogger(LockedPoolState.class);

    private final PoolPlan plan;
    private final Ticker ticker;
    private final Executor executor;
    private final Lock lock;
    private final MachineTasks tasks;
    private final CompletableFuture<Void> drained = new CompletableFuture<>();

    // Guarded by the lock.
    private final PoolState state;
    private final Map<Long, Running> machines = new HashMap<>();
    private final Map<Long, CompletableFuture<Lease>> promises = new HashMap<>();
    private long leases;
    private boolean retryScheduled;
    private boolean measurementScheduled;

    private record Running(Machine machine, long startNanos) {}

    LockedPoolState(
            PoolPlan plan,
            Machines machines,
            Consumer<Machine> primer,
            Ticker ticker,
            MachineListener listener,
            Executor executor,
            Lock lock) {
        this.plan = plan;
        this.ticker = ticker;
        this.executor = executor;
        this.lock = lock;
        this.state = new PoolState(plan, this::residentBytes);
        this.tasks = new MachineTasks(this, machines, primer, ticker, listener, executor);
    }

    void keepWarm() {
        change(state::keepWarm);
    }

    /** Adds a request to the queue and returns its ticket. The promise is completed when a machine is leased to it. */
    long enqueue(MachineKind kind, Claimant claimant, CompletableFuture<Lease> promise) {
        return change(() -> {
            if (!state.accepts(claimant)) {
                throw PoolFaults.stopping();
            }
            long ticket = state.enqueue(kind, claimant)
                    .orElseThrow(() -> PoolFaults.queueFull(claimant, state.waiting(claimant)));
            promises.put(ticket, promise);
            return ticket;
        });
    }

    /** Removes a request and returns why it has no machine; empty if its promise has been completed before. */
    Optional<NeuroVisorException> withdraw(long ticket, MachineKind kind, Claimant claimant, Duration patience) {
        return change(() -> {
            PoolStatus status = state.status();
            int waiting = state.waiting(claimant);
            if (!state.leave(ticket)) {
                return Optional.empty();
            }
            promises.remove(ticket);
            int held = state.machines(claimant);
            return Optional.of(
                    held >= claimant.share().machines().orElse(Integer.MAX_VALUE)
                            ? PoolFaults.shareUsed(kind, patience, claimant, held, waiting)
                            : PoolFaults.exhausted(kind, patience, plan.max(), status));
        });
    }

    boolean awaitsTemplate(MachineKind kind) {
        return locked(() -> state.awaitsTemplate(kind));
    }

    boolean isUnmade(MachineKind kind) {
        return locked(() -> state.isUnmade(kind));
    }

    PoolStatus status() {
        return locked(state::status);
    }

    MemoryHeadroom room(SandboxSize size) {
        return locked(() -> state.room(size));
    }

    void shareMemory(long addedBytes) {
        change(() -> state.shareMemory(addedBytes));
    }

    /** Carries out what is due, without an event. */
    void settle() {
        change(() -> {});
    }

    /** Fails all waiting requests and destroys idle machines. */
    void stop() {
        refuse(state::stop);
    }

    /** Fails the requests that wait for machines of sandboxes, and all later ones. */
    void refuseSandboxes() {
        refuse(state::refuseSandboxes);
    }

    private void refuse(Supplier<List<Long>> tickets) {
        change(() -> tickets.get().forEach(ticket -> promise(ticket).completeExceptionally(PoolFaults.stopping())));
    }

    /** Completes when the pool has stopped and no machine is left. */
    CompletableFuture<Void> drained() {
        return drained;
    }

    void made(MachineKind kind) {
        change(() -> state.made(kind));
    }

    void started(long slot, Machine machine, long startNanos) {
        change(() -> {
            machines.put(slot, new Running(machine, startNanos));
            state.ready(slot);
        });
    }

    void primed(long slot) {
        change(() -> state.ready(slot));
    }

    /** Fails the request for which the machine was started, or logs the failure of a refill. */
    void failed(long slot, NeuroVisorException failure) {
        String reason = String.valueOf(failure.getMessage());
        change(() -> {
            OptionalLong ticket = state.failed(slot, reason, ticker.nanos());
            if (ticket.isPresent()) {
                boolean _ = promise(ticket.getAsLong()).completeExceptionally(failure);
            } else if (!state.isStopped()) {
                LOG.warn("starting a virtual machine to keep ready failed and will be retried: {}", reason);
            }
        });
    }

    void released(long slot) {
        change(() -> state.released(slot));
    }

    void gone(long slot) {
        change(() -> {
            state.gone(slot);
            machines.remove(slot);
        });
    }

    private void change(Runnable event) {
        Object _ = change(() -> {
            event.run();
            return event;
        });
    }

    /** Applies an event and carries out all actions that follow from it. */
    private <T> T change(Supplier<T> event) {
        List<Runnable> work = new ArrayList<>();
        T result;
        lock.lock();
        try {
            result = event.get();
            long nowNanos = ticker.nanos();
            state.warm().forEach(slot -> unusable(slot, nowNanos).ifPresent(action -> perform(action, work)));
            for (Optional<PoolAction> action = state.next(nowNanos);
                    action.isPresent();
                    action = state.next(nowNanos)) {
                perform(action.get(), work);
            }
            scheduleRetry(state.pause(nowNanos));
            scheduleMeasurement();
            if (state.isStopped() && state.status().machines() == 0) {
                drained.complete(null);
            }
        } finally {
            lock.unlock();
        }
        work.forEach(executor::execute);
        return result;
    }

    /** Performs a quick action, or adds the task of a slow one to the work for the executor. */
    private void perform(PoolAction action, List<Runnable> work) {
        switch (action) {
            case PoolAction.Start start -> work.add(() -> tasks.start(start.slot(), start.kind()));
            case PoolAction.Prime prime -> {
                Machine machine = running(prime.slot()).machine();
                work.add(() -> tasks.prime(prime.slot(), machine));
            }
            case PoolAction.Refuse refuse -> {
                boolean _ = promise(refuse.ticket())
                        .completeExceptionally(PoolFaults.neverFits(refuse.kind(), refuse.room()));
            }
            case PoolAction.Destroy destroy -> {
                Machine machine = running(destroy.slot()).machine();
                work.add(() -> tasks.destroy(destroy.slot(), machine, destroy.end()));
            }
            case PoolAction.Grant grant -> {
                Machine machine = running(grant.slot()).machine();
                Lease lease = new Lease(++leases, machine, () -> tasks.release(grant.slot(), machine));
                boolean _ = promise(grant.ticket()).complete(lease);
            }
        }
    }

    /** Returns the action that ends a ready machine which has died or is too old. */
    private Optional<PoolAction> unusable(Slot slot, long nowNanos) {
        Running running = running(slot.id());
        Optional<String> death = running.machine().death();
        if (death.isPresent()) {
            LOG.warn(
                    "idle virtual machine {} died and is replaced: {}",
                    running.machine().vmId(),
                    death.get());
            return Optional.of(state.died(slot.id(), death.get(), nowNanos));
        }
        return nowNanos - running.startNanos() > WarmPool.MAX_AGE.toNanos()
                ? Optional.of(state.expired(slot.id()))
                : Optional.empty();
    }

    private void scheduleRetry(Duration pause) {
        if (!pause.isZero() && !retryScheduled) {
            retryScheduled = true;
            CompletableFuture.delayedExecutor(pause.toNanos(), TimeUnit.NANOSECONDS, executor)
                    .execute(() -> change(() -> retryScheduled = false));
        }
    }

    private void scheduleMeasurement() {
        if (state.isShort() && !measurementScheduled) {
            measurementScheduled = true;
            CompletableFuture.delayedExecutor(MEMORY_INTERVAL.toNanos(), TimeUnit.NANOSECONDS, executor)
                    .execute(() -> change(() -> measurementScheduled = false));
        }
    }

    private long residentBytes(long slot) {
        Running running = machines.get(slot);
        return running == null ? 0 : running.machine().residentBytes();
    }

    private Running running(long slot) {
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
