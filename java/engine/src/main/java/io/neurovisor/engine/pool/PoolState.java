package io.neurovisor.engine.pool;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.MachineEnd;
import io.neurovisor.engine.pool.Slot.Phase;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongUnaryOperator;
import java.util.stream.Stream;

/**
 * The state of a pool: the waiting requests and the phase of every machine. It uses no threads, clocks or machines. Its owner
 * reports events and then carries out each {@link #next} action until there are none.
 *
 * <p>Requests come first ({@link Scheduler}); only machines that no request needs are kept ready.
 *
 * <p>The first machine of a kind may need a template, and making a template takes a machine of that size. The template is made
 * in the place of the machine that needs it, and only one at a time: requests for other kinds without a template wait.
 */
final class PoolState {
    private final PoolPlan plan;
    private final Slots slots = new Slots();
    private final FairQueue queue = new FairQueue();
    private final MemoryBudget memory;
    private final Scheduler scheduler;
    private final RefillBackoff backoff = new RefillBackoff();
    private final Set<MachineKind> made = new HashSet<>();
    private boolean warmed;
    private boolean keepingWarm;
    private boolean stopped;
    private boolean refusesSandboxes;
    private boolean refillDue;

    /** @param residentBytes returns the resident memory of a machine by its id; not called for a machine that is starting */
    PoolState(PoolPlan plan, LongUnaryOperator residentBytes) {
        this.plan = plan;
        this.memory = new MemoryBudget(plan.memory(), residentBytes, slots);
        this.scheduler = new Scheduler(plan, slots, queue, memory, this::awaitsTemplate);
    }

    /** Keeps machines ready from now on; before, each machine is started on demand. */
    void keepWarm() {
        keepingWarm = true;
        refillDue = true;
    }

    /** Adds a request to the queue; returns its ticket, or empty if its client has too many waiting requests. */
    OptionalLong enqueue(MachineKind kind, Claimant claimant) {
        return queue.add(kind, claimant);
    }

    /** Removes a waiting request; returns false if it has been served. */
    boolean leave(long ticket) {
        return queue.remove(ticket);
    }

    /** Returns whether a machine of that kind may need a template that does not exist yet. */
    boolean isUnmade(MachineKind kind) {
        return !made.contains(kind.fresh());
    }

    /** Records that the template of that kind exists. */
    void made(MachineKind kind) {
        boolean _ = made.add(kind.fresh());
    }

    /** Returns whether requests of that kind wait for a template: their own, or one that is made before it. */
    boolean awaitsTemplate(MachineKind kind) {
        return isUnmade(kind) && slots.in(Phase.STARTING).anyMatch(slot -> isUnmade(slot.kind()));
    }

    /** Records that a machine has started or has been primed. */
    void ready(long slot) {
        if (slots.become(slots.slot(slot, Phase.STARTING), Phase.WARM).ticket().isEmpty()) {
            backoff.succeeded();
        }
    }

    /**
     * Records that a machine did not start or could not be primed; it counts until {@link #gone}. Returns the ticket of the
     * request for which it was started, which leaves the queue; empty if no such request waits any longer.
     */
    OptionalLong failed(long slot, String reason, long nowNanos) {
        Slot failed = slots.become(slots.slot(slot, Phase.STARTING), Phase.ENDING);
        if (failed.ticket().isEmpty()) {
            refillFailed(reason, nowNanos);
        }
        return failed.ticket().isPresent() && leave(failed.ticket().getAsLong())
                ? failed.ticket()
                : OptionalLong.empty();
    }

    /** Records that a ready machine has died. */
    PoolAction died(long slot, String reason, long nowNanos) {
        refillFailed(reason, nowNanos);
        return slots.end(slots.slot(slot, Phase.WARM), MachineEnd.DIED);
    }

    /** Records that a ready machine has become too old. */
    PoolAction expired(long slot) {
        return slots.end(slots.slot(slot, Phase.WARM), MachineEnd.EXPIRED);
    }

    /** Records that a leased machine is no longer used. The thread that used it kills it and has it removed. */
    void released(long slot) {
        PoolAction _ = slots.end(slots.slot(slot, Phase.LEASED), MachineEnd.USED);
    }

    /** Records that nothing of a machine is left. */
    void gone(long slot) {
        slots.remove(slot, Phase.ENDING);
        refillDue = keepingWarm;
    }

    /** Starts no more machines and ends those that are ready. Returns the tickets of the requests that waited. */
    List<Long> stop() {
        stopped = true;
        return queue.removeAll(_ -> true);
    }

    /** Leases no more machines for sandboxes. Returns the tickets of the requests that waited for one. */
    List<Long> refuseSandboxes() {
        refusesSandboxes = true;
        return queue.removeAll(Claimant::forSandboxes);
    }

    /** Returns whether a claimant may still make requests. */
    boolean accepts(Claimant claimant) {
        return !stopped && !(refusesSandboxes && claimant.forSandboxes());
    }

    boolean isStopped() {
        return stopped;
    }

    /** Returns the time until the next attempt to keep a machine ready, after a failed one. */
    Duration pause(long nowNanos) {
        return backoff.remaining(nowNanos);
    }

    /** Returns the machines that are ready for a request. */
    List<Slot> warm() {
        return slots.in(Phase.WARM).toList();
    }

    /** Returns the next action, which is already recorded in this state; empty if nothing is to be done. */
    Optional<PoolAction> next(long nowNanos) {
        memory.clearShortage();
        Optional<PoolAction> action = endUnclaimed()
                .or(() -> scheduler.next(nowNanos))
                .or(this::endSurplus)
                .or(() -> refill(nowNanos))
                .or(this::prime);
        warmed |= action.map(PoolAction.Grant.class::isInstance)
                .orElseGet(() -> slots.in(Phase.WARM).findAny().isPresent());
        return action;
    }

    PoolStatus status() {
        return new PoolStatus(
                slots.count(Phase.WARM),
                slots.count(Phase.STARTING),
                slots.count(Phase.LEASED),
                slots.count(Phase.ENDING),
                queue.size(),
                slots.peak(),
                warmed,
                memory.shortage(),
                backoff.reason());
    }

    /** Returns whether a request or a refill waits for memory. Other processes free memory without notice. */
    boolean isShort() {
        return memory.shortage().isPresent();
    }

    /** Counts memory that several machines share. */
    void shareMemory(long addedBytes) {
        memory.share(addedBytes);
    }

    /** Returns the current memory headroom for machines of that size. */
    MemoryHeadroom room(SandboxSize size) {
        return memory.headroom(size);
    }

    /** Returns the number of machines that a claimant holds, including those that are being destroyed. */
    int machines(Claimant claimant) {
        return slots.count(claimant);
    }

    /** Returns the number of waiting requests of the claimant's client. */
    int waiting(Claimant claimant) {
        return queue.countOfClient(claimant.name());
    }

    /** Ends a machine that continues a saved sandbox for a request that has given up: no other request may get it. */
    private Optional<PoolAction> endUnclaimed() {
        return slots.first(slot -> slot.phase() == Phase.WARM
                        && slot.kind().isSaved()
                        && !queue.contains(slot.ticket().orElseThrow()))
                .map(slot -> slots.end(slot, stopped ? MachineEnd.SHUTDOWN : MachineEnd.EVICTED));
    }

    /** Ends a ready machine that neither a request nor the plan needs. */
    private Optional<PoolAction> endSurplus() {
        if (scheduler.hasDemand()) {
            return Optional.empty(); // A machine that was started for one request may serve the next of its kind.
        }
        long usual = warm().stream().filter(this::isUsual).count();
        return slots.first(slot -> slot.phase() == Phase.WARM && (!isUsual(slot) || usual > target()))
                .map(slot -> slots.end(slot, stopped ? MachineEnd.SHUTDOWN : MachineEnd.EVICTED));
    }

    private Optional<PoolAction> refill(long nowNanos) {
        if (!refillDue || scheduler.hasDemand() || !pause(nowNanos).isZero()) {
            return Optional.empty();
        }
        long usual = Stream.concat(slots.in(Phase.WARM), slots.in(Phase.STARTING))
                .filter(this::isUsual)
                .count();
        if (usual >= target()) {
            refillDue = false;
            return Optional.empty();
        }
        return slots.size() < plan.max()
                        && slots.count(Phase.STARTING) < plan.startsAtOnce()
                        && !awaitsTemplate(plan.usual())
                        && memory.fits(plan.usual(), Optional.empty())
                ? Optional.of(slots.start(plan.usual(), OptionalLong.empty()))
                : Optional.empty();
    }

    /** Primes a ready machine while no request waits for it and a processor is free. */
    private Optional<PoolAction> prime() {
        // A living sandbox is idle for most of its life, so it does not count as busy.
        long busy = slots.all().stream()
                .filter(slot -> slot.phase() != Phase.WARM && !slot.isForSandbox())
                .count();
        if (scheduler.hasDemand() || busy >= plan.processors()) {
            return Optional.empty();
        }
        return slots.first(slot -> slot.phase() == Phase.WARM && !slot.primed())
                .filter(slot -> memory.fits(slot.kind(), Optional.of(slot)))
                .map(slot -> {
                    slots.put(slot.becomePrimed());
                    return new PoolAction.Prime(slot.id());
                });
    }

    private boolean isUsual(Slot slot) {
        return slot.kind().equals(plan.usual());
    }

    private int target() {
        return keepingWarm && !stopped ? plan.warm() : 0;
    }

    private void refillFailed(String reason, long nowNanos) {
        backoff.failed(reason, nowNanos);
        refillDue = keepingWarm;
    }
}
