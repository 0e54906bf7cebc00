package io.neurovisor.engine.pool;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.FairQueue.Waiting;
import io.neurovisor.engine.pool.Slot.Phase;
import io.neurovisor.engine.sandbox.SandboxEnd;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.LongUnaryOperator;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The books of a pool: who waits, and what every machine that counts is doing. It knows no thread, clock or machine; its
 * owner tells it what has happened and then does each {@link #next} step until there is none.
 *
 * <p>Claimants take turns ({@link FairQueue}), and one that has as many machines as it may have takes none. A machine belongs
 * to no request until it is ready: then it is leased to the first that wants its kind. Room for one that has to be started
 * is used for the first request that nothing else will serve, and only what no request needs is kept ready.
 *
 * <p>A machine may take all that it can from its start on, but for the time that it waits for a request: then it runs nothing
 * that could want more than it has. A request that does not fit into the memory is passed over by later ones that fit, for
 * {@link FairQueue#LONGEST_BYPASS}: then it holds up those that come after it until it is served, the ones of its own
 * claimant always, the ones of others unless its claimant has a machine. Without the latter a claimant could fill the memory
 * and then hold up all others by one request more.
 *
 * <p>The first machine of a kind may need a template that has to be made first, which takes a machine of that size. It is made
 * in the place of the machine that needs it, and only one at a time: requests for other kinds without a template wait.
 */
final class PoolState {
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final PoolPlan plan;
    private final Slots slots;
    private final FairQueue queue = new FairQueue();
    private final Set<MachineKind> made = new HashSet<>();
    private long lastId;
    private int peak;
    private boolean warmed;
    private boolean keepingWarm;
    private boolean stopped;
    private boolean refillDue;
    private int failures;
    private long retryNanos;
    private Optional<String> failure = Optional.empty();
    private Optional<MemoryHeadroom> shortage = Optional.empty();

    /** @param residentBytes what a machine, by its id, has of the memory already; not asked of one that starts */
    PoolState(PoolPlan plan, LongUnaryOperator residentBytes) {
        this.plan = requireNonNull(plan, "plan is null");
        this.slots = new Slots(plan.memory(), residentBytes);
    }

    /** From now on machines are kept ready; before, each is made when it is asked for. */
    void keepWarm() {
        keepingWarm = true;
        refillDue = true;
    }

    /** A request joins the queue; returns its ticket, or empty when its claimant has as many there as it may have. */
    OptionalLong enqueue(MachineKind kind, Claimant claimant) {
        return queue.add(new Waiting(++lastId, kind, claimant)) ? OptionalLong.of(lastId) : OptionalLong.empty();
    }

    /** A request waits no longer; false when it has been served. */
    boolean leave(long ticket) {
        return queue.remove(ticket);
    }

    /** Returns whether a machine of that kind may need a template that does not exist yet. */
    boolean isUnmade(MachineKind kind) {
        return !made.contains(kind);
    }

    /** What machines of that kind start from exists. */
    void made(MachineKind kind) {
        boolean _ = made.add(kind);
    }

    /** Returns whether requests of that kind wait for a template: their own, or one that has to be made before it. */
    boolean awaitsTemplate(MachineKind kind) {
        return isUnmade(kind) && isMaking();
    }

    /** A machine has started, or has been primed. */
    void ready(long slot) {
        if (slots.become(slots.slot(slot, Phase.STARTING), Phase.WARM).ticket().isEmpty()) {
            failures = 0;
            failure = Optional.empty();
        }
    }

    /**
     * A machine has not started, or could not be primed, and counts until it is {@link #gone}. Returns the ticket of the
     * request that it was started for, which has left the queue; empty when that one has been served otherwise, has given up
     * or never was.
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

    /** A machine that waits for a request has died. */
    PoolAction died(long slot, String reason, long nowNanos) {
        refillFailed(reason, nowNanos);
        return end(slots.slot(slot, Phase.WARM), SandboxEnd.DIED);
    }

    /** A machine that waits for a request has done so for too long. */
    PoolAction expired(long slot) {
        return end(slots.slot(slot, Phase.WARM), SandboxEnd.EXPIRED);
    }

    /** A request has done with its machine, which its thread destroys. */
    void released(long slot) {
        PoolAction _ = end(slots.slot(slot, Phase.LEASED), SandboxEnd.USED);
    }

    /** Nothing is left of a machine. */
    void gone(long slot) {
        Slot _ = slots.remove(slot, Phase.ENDING);
        refillDue = keepingWarm;
    }

    /** Nothing is started any more, and what is ready is to be destroyed. Returns the tickets of the requests that waited. */
    List<Long> stop() {
        stopped = true;
        return queue.clear();
    }

    boolean isStopped() {
        return stopped;
    }

    /** How long nothing is started to be kept ready, because that has just failed. */
    Duration pause(long nowNanos) {
        return failures == 0 ? Duration.ZERO : Duration.ofNanos(Math.max(0, retryNanos - nowNanos));
    }

    /** The machines that wait for a request. */
    List<Slot> warm() {
        return slots.in(Phase.WARM).toList();
    }

    /** The next thing to do, already booked; empty when everything is as it should be. */
    Optional<PoolAction> next(long nowNanos) {
        shortage = Optional.empty();
        Optional<PoolAction> step =
                serve(nowNanos).or(this::endSurplus).or(() -> refill(nowNanos)).or(this::prime);
        warmed |= step.isEmpty() && slots.in(Phase.WARM).findAny().isPresent();
        return step;
    }

    PoolStatus status() {
        return new PoolStatus(
                slots.count(Phase.WARM),
                slots.count(Phase.STARTING),
                slots.count(Phase.LEASED),
                slots.count(Phase.ENDING),
                queue.size(),
                peak,
                warmed,
                shortage,
                failure);
    }

    /** Whether somebody, or the machines to be kept ready, wait for memory: which comes back without a word. */
    boolean isShort() {
        return shortage.isPresent();
    }

    /** The memory as it is now for machines of that size. */
    MemoryHeadroom room(SandboxSize size) {
        return slots.room(size);
    }

    /** How many machines a claimant has, until nothing is left of each. */
    int machines(Claimant claimant) {
        return slots.count(claimant);
    }

    /** How many requests of a claimant wait. */
    int waiting(Claimant claimant) {
        return queue.count(claimant);
    }

    private Optional<PoolAction> serve(long nowNanos) {
        Set<Long> claimed = new HashSet<>();
        // First what is ready: room is then made of machines that no request wants.
        return grantReady(nowNanos)
                .or(() -> inTurn(nowNanos, (turns, request) -> {
                    Optional<PoolAction> step = makeMachine(request, claimed, nowNanos);
                    if (!queue.isShort(request)) {
                        turns.take();
                    }
                    return step;
                }))
                // Again, for a machine is being started now for a request that has held up others until here.
                .or(() -> grantReady(nowNanos));
    }

    /** No turns are taken: a claimant that wants several kinds has one place in the order for each of them. */
    private Optional<PoolAction> grantReady(long nowNanos) {
        return inTurn(nowNanos, (_, request) -> grant(request));
    }

    /** Tries the requests in their turn until one leads to a step; leaves out those that may not be served before another. */
    private Optional<PoolAction> inTurn(long nowNanos, BiFunction<RoundRobin, Waiting, Optional<PoolAction>> attempt) {
        RoundRobin turns = queue.turns(slots::count);
        for (Optional<Waiting> next = turns.next(); next.isPresent(); next = turns.next()) {
            Waiting request = next.get();
            Optional<PoolAction> step = attempt.apply(turns, request);
            if (step.isPresent()) {
                return step;
            }
            if (queue.isOverdue(request, nowNanos)) {
                if (slots.count(request.claimant()) == 0) {
                    return Optional.empty();
                }
                turns.skipLine();
            }
        }
        return Optional.empty();
    }

    private Optional<PoolAction> grant(Waiting request) {
        return slots.first(slot -> slot.is(Phase.WARM, request.kind()))
                .filter(slot -> fits(request.kind(), Optional.of(slot)))
                .map(slot -> {
                    queue.serve(request);
                    warmed = true;
                    slots.put(slot.become(Phase.LEASED).heldBy(request.claimant()));
                    return new PoolAction.Grant(request.ticket(), slot.id());
                });
    }

    private Optional<PoolAction> makeMachine(Waiting request, Set<Long> claimed, long nowNanos) {
        MachineKind kind = request.kind();
        Optional<Slot> ready = slots.first(slot -> slot.is(Phase.WARM, kind)); // But too little memory for it to grow.
        if (ready.isEmpty() && claim(claimed, slot -> slot.is(Phase.STARTING, kind))) {
            queue.becameExpected(request);
            return Optional.empty();
        }
        if (ready.isEmpty() && awaitsTemplate(kind)) {
            queue.becameExpected(request);
            return Optional.empty();
        }
        if (ready.isEmpty() && slots.count(Phase.STARTING) >= plan.startsAtOnce()) {
            return Optional.empty();
        }
        if (ready.isPresent() || slots.size() < plan.max()) {
            if (ready.isEmpty() && fits(kind, ready)) {
                queue.becameExpected(request);
                return Optional.of(start(kind, OptionalLong.of(request.ticket())));
            }
            queue.becameShort(request, nowNanos);
            return makeRoom(request, ready);
        }
        if (claim(claimed, slot -> slot.phase() == Phase.ENDING)) {
            return Optional.empty();
        }
        // INVARIANT: what is warm here no request before this one wants; a later one must not have it first.
        Optional<Slot> evicted = slots.first(Phase.WARM);
        if (evicted.isEmpty()) {
            // Of another kind, so of no use when it is ready, but then its room is.
            boolean _ = claim(claimed, slot -> slot.phase() == Phase.STARTING);
        }
        return evicted.map(slot -> end(slot, SandboxEnd.EVICTED));
    }

    /** Whether the memory is there for all that the machine can take, and for all that the others can. */
    private boolean fits(MachineKind kind, Optional<Slot> ready) {
        MemoryHeadroom room = room(kind.size());
        boolean fits = room.freeBytes() >= needed(room, ready);
        if (!fits && shortage.isEmpty()) {
            shortage = Optional.of(room);
        }
        return fits;
    }

    private long needed(MemoryHeadroom room, Optional<Slot> ready) {
        return ready.map(slots::growth).orElse(room.limitBytes());
    }

    /** Machines that no request uses give their memory to one, where that is enough; with no machine left it is refused. */
    private Optional<PoolAction> makeRoom(Waiting request, Optional<Slot> ready) {
        if (slots.in(Phase.ENDING).findAny().isPresent()) {
            return Optional.empty();
        }
        MemoryHeadroom room = room(request.kind().size());
        List<Slot> idle = slots.in(Phase.WARM)
                .filter(slot -> !Optional.of(slot).equals(ready))
                .toList();
        long idleBytes = idle.stream().mapToLong(slots::residentBytes).sum();
        // Measured sizes are estimates: before a refusal each machine is ended.
        if (!idle.isEmpty()
                && (room.freeBytes() + idleBytes >= needed(room, ready) || slots.count(Phase.WARM) == slots.size())) {
            return Optional.of(end(idle.getFirst(), SandboxEnd.EVICTED));
        }
        if (!slots.isEmpty()) {
            return Optional.empty();
        }
        boolean _ = queue.remove(request.ticket());
        return Optional.of(new PoolAction.Refuse(request.ticket(), request.kind(), room));
    }

    private boolean isMaking() {
        return slots.in(Phase.STARTING).anyMatch(slot -> isUnmade(slot.kind()));
    }

    private boolean claim(Set<Long> claimed, Predicate<Slot> suitable) {
        return slots.first(suitable.and(slot -> !claimed.contains(slot.id())))
                .map(slot -> claimed.add(slot.id()))
                .orElse(false);
    }

    /** Whether a request waits whose claimant may have one more machine. */
    private boolean isAsked() {
        return queue.turns(slots::count).next().isPresent();
    }

    /** No request wants what is still ready when all have been served. */
    private Optional<PoolAction> endSurplus() {
        if (isAsked()) {
            return Optional.empty(); // A machine that was started for one request may serve the next of its kind.
        }
        long usual = warm().stream()
                .filter(slot -> slot.kind().equals(plan.usual()))
                .count();
        return slots.first(
                        slot -> slot.phase() == Phase.WARM && (!slot.kind().equals(plan.usual()) || usual > target()))
                .map(slot -> end(slot, stopped ? SandboxEnd.SHUTDOWN : SandboxEnd.EVICTED));
    }

    private Optional<PoolAction> refill(long nowNanos) {
        if (!refillDue || isAsked() || !pause(nowNanos).isZero()) {
            return Optional.empty();
        }
        long usual = Stream.concat(slots.in(Phase.WARM), slots.in(Phase.STARTING))
                .filter(slot -> slot.kind().equals(plan.usual()))
                .count();
        if (usual >= target()) {
            refillDue = false;
            return Optional.empty();
        }
        return slots.size() < plan.max()
                        && slots.count(Phase.STARTING) < plan.startsAtOnce()
                        && !awaitsTemplate(plan.usual())
                        && fits(plan.usual(), Optional.empty())
                ? Optional.of(start(plan.usual(), OptionalLong.empty()))
                : Optional.empty();
    }

    /** Only while nobody waits, who would be served later, and while it takes no processor from those that work. */
    private Optional<PoolAction> prime() {
        if (isAsked() || slots.size() - slots.count(Phase.WARM) >= plan.processors()) {
            return Optional.empty();
        }
        return slots.first(slot -> slot.phase() == Phase.WARM && !slot.primed())
                .filter(slot -> fits(slot.kind(), Optional.of(slot)))
                .map(slot -> {
                    slots.put(slot.becomePrimed());
                    return new PoolAction.Prime(slot.id());
                });
    }

    private int target() {
        return keepingWarm && !stopped ? plan.warm() : 0;
    }

    private PoolAction start(MachineKind kind, OptionalLong ticket) {
        slots.put(new Slot(++lastId, kind, Phase.STARTING, ticket, Optional.empty(), false));
        peak = Math.max(peak, slots.size());
        return new PoolAction.Start(lastId, kind, ticket);
    }

    private PoolAction end(Slot slot, SandboxEnd end) {
        return new PoolAction.Destroy(slots.become(slot, Phase.ENDING).id(), end);
    }

    /** Machines that fail at the same time have failed once. */
    private void refillFailed(String reason, long nowNanos) {
        failure = Optional.of(reason);
        refillDue = keepingWarm;
        if (pause(nowNanos).isZero()) {
            Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(failures, 6));
            retryNanos = nowNanos + (pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE).toNanos();
            failures++;
        }
    }
}
