package io.neurovisor.engine.pool;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.Slot.Phase;
import io.neurovisor.engine.sandbox.SandboxEnd;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongUnaryOperator;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The books of a pool: who waits, and what every machine that counts is doing. It knows no thread, clock or machine; its
 * owner tells it what has happened and then does each {@link #next} step until there is none.
 *
 * <p>Requests are served in the order in which they came. A machine belongs to no request until it is ready: then it goes to
 * the first that wants its kind. Room for one that has to be started goes to the first that nothing else will serve, and
 * only what no request needs is kept ready.
 *
 * <p>A machine may take all that it can from its start on, but for the time that it waits for a request: then it runs nothing
 * that could want more than it has. Nobody overtakes a request that waits for memory, or small ones would keep it from a
 * large one for ever.
 */
final class PoolState {
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final PoolPlan plan;
    private final LongUnaryOperator residentBytes;
    private final Map<Long, Slot> slots = new TreeMap<>();
    private final Map<Long, Order> waiting = new TreeMap<>();
    private long lastId;
    private int peak;
    private boolean warmed;
    private boolean keepingWarm;
    private boolean stopped;
    private boolean refillDue;
    private int failures;
    private long retryNanos;
    private Optional<String> failure = Optional.empty();
    private Optional<MemoryRoom> shortage = Optional.empty();

    /** @param residentBytes what a machine, by its id, has of the memory already; not asked of one that starts */
    PoolState(PoolPlan plan, LongUnaryOperator residentBytes) {
        this.plan = requireNonNull(plan, "plan is null");
        this.residentBytes = requireNonNull(residentBytes, "residentBytes is null");
    }

    /** From now on machines are kept ready; before, each is made when it is asked for. */
    void keepWarm() {
        keepingWarm = true;
        refillDue = true;
    }

    /** A request joins the end of the queue; returns its ticket. */
    long enqueue(Order order) {
        waiting.put(++lastId, order);
        return lastId;
    }

    /** A request waits no longer; false when it has been served. */
    boolean leave(long ticket) {
        return waiting.remove(ticket) != null;
    }

    /** A machine has started, or has been primed. */
    void ready(long slot) {
        if (become(slot(slot, Phase.STARTING), Phase.WARM).ticket().isEmpty()) {
            failures = 0;
            failure = Optional.empty();
        }
    }

    /**
     * A machine has not started, or could not be primed. Returns the ticket of the request that it was started for, which
     * has left the queue; empty when that one has been served otherwise, has given up or never was.
     */
    OptionalLong failed(long slot, String reason, long nowNanos) {
        Slot failed = slot(slot, Phase.STARTING);
        slots.remove(slot);
        if (failed.ticket().isEmpty()) {
            refillFailed(reason, nowNanos);
        }
        return failed.ticket().isPresent() && leave(failed.ticket().getAsLong())
                ? failed.ticket()
                : OptionalLong.empty();
    }

    /** A machine that waits for a request has died. */
    Step died(long slot, String reason, long nowNanos) {
        refillFailed(reason, nowNanos);
        return end(slot(slot, Phase.WARM), SandboxEnd.DIED);
    }

    /** A machine that waits for a request has done so for too long. */
    Step expired(long slot) {
        return end(slot(slot, Phase.WARM), SandboxEnd.EXPIRED);
    }

    /** A request has done with its machine, which its thread destroys. */
    void released(long slot) {
        Step _ = end(slot(slot, Phase.LEASED), SandboxEnd.USED);
    }

    /** Nothing is left of a machine. */
    void gone(long slot) {
        slots.remove(slot(slot, Phase.ENDING).id());
        refillDue = keepingWarm;
    }

    /** Nothing is started any more, and what is ready is to be destroyed. Returns the tickets of the requests that waited. */
    List<Long> stop() {
        stopped = true;
        List<Long> left = List.copyOf(waiting.keySet());
        waiting.clear();
        return left;
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
        return in(Phase.WARM).toList();
    }

    /** The next thing to do, already booked; empty when everything is as it should be. */
    Optional<Step> next(long nowNanos) {
        shortage = Optional.empty();
        Optional<Step> step =
                serve().or(this::endSurplus).or(() -> refill(nowNanos)).or(this::prime);
        warmed |= step.isEmpty() && in(Phase.WARM).findAny().isPresent();
        return step;
    }

    PoolStatus status() {
        return new PoolStatus(
                count(Phase.WARM),
                count(Phase.STARTING),
                count(Phase.LEASED),
                count(Phase.ENDING),
                waiting.size(),
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
    MemoryRoom room(SandboxSize size) {
        List<Slot> promised = slots.values().stream()
                .filter(slot -> slot.phase() != Phase.WARM)
                .toList();
        return new MemoryRoom(
                size,
                limit(size),
                plan.memory().availableBytes().getAsLong(),
                promised.stream().mapToLong(this::growth).sum(),
                promised.size());
    }

    private Optional<Step> serve() {
        Set<Long> claimed = new HashSet<>();
        for (Map.Entry<Long, Order> request : waiting.entrySet()) {
            long ticket = request.getKey(); // Read before its entry is removed, which then may hold another.
            Order order = request.getValue();
            Optional<Slot> ready = first(slot -> slot.is(Phase.WARM, order));
            if (ready.isEmpty() && claim(claimed, slot -> slot.is(Phase.STARTING, order))) {
                continue;
            }
            if (ready.isEmpty() && in(Phase.STARTING).count() >= plan.startsAtOnce()) {
                continue;
            }
            if (ready.isPresent() || slots.size() < plan.max()) {
                return fits(order, ready) ? Optional.of(give(ticket, order, ready)) : makeRoom(ticket, order, ready);
            }
            if (claim(claimed, slot -> slot.phase() == Phase.ENDING)) {
                continue;
            }
            // INVARIANT: what is warm here nobody before this request wants; whoever comes after must not have it
            // first.
            Optional<Slot> evicted = in(Phase.WARM).findFirst();
            if (evicted.isPresent()) {
                return Optional.of(end(evicted.get(), SandboxEnd.EVICTED));
            }
            // Of another kind, so of no use when it is ready, but then its room is.
            boolean _ = claim(claimed, slot -> slot.phase() == Phase.STARTING);
        }
        return Optional.empty();
    }

    private Step give(long ticket, Order order, Optional<Slot> ready) {
        if (ready.isEmpty()) {
            return start(order, OptionalLong.of(ticket));
        }
        waiting.remove(ticket);
        warmed = true;
        return new Step.Grant(ticket, become(ready.get(), Phase.LEASED).id());
    }

    /** Whether the memory is there for all that the machine can take, and for all that the others can. */
    private boolean fits(Order order, Optional<Slot> ready) {
        MemoryRoom room = room(order.size());
        boolean fits = room.freeBytes() >= ready.map(this::growth).orElse(room.limitBytes());
        shortage = fits ? Optional.empty() : Optional.of(room);
        return fits;
    }

    /** What nobody uses gives its memory to a request; with nothing left that could, the request is refused. */
    private Optional<Step> makeRoom(long ticket, Order order, Optional<Slot> ready) {
        if (in(Phase.ENDING).findAny().isPresent()) {
            return Optional.empty();
        }
        Optional<Slot> evicted =
                in(Phase.WARM).filter(slot -> !Optional.of(slot).equals(ready)).findFirst();
        if (evicted.isPresent()) {
            return Optional.of(end(evicted.get(), SandboxEnd.EVICTED));
        }
        if (!slots.isEmpty()) {
            return Optional.empty();
        }
        waiting.remove(ticket);
        return shortage.map(room -> new Step.Refuse(ticket, order, room));
    }

    private long growth(Slot slot) {
        long limit = limit(slot.order().size());
        // What it has while it starts is counted twice, for it is not known yet.
        return slot.phase() == Phase.STARTING ? limit : Math.max(0, limit - residentBytes.applyAsLong(slot.id()));
    }

    private long limit(SandboxSize size) {
        return plan.memory().limitBytes().applyAsLong(size);
    }

    private boolean claim(Set<Long> claimed, Predicate<Slot> suitable) {
        return first(suitable.and(slot -> !claimed.contains(slot.id())))
                .map(slot -> claimed.add(slot.id()))
                .orElse(false);
    }

    /** What is ready is wanted by nobody once everyone has been served. */
    private Optional<Step> endSurplus() {
        if (!waiting.isEmpty()) {
            return Optional.empty(); // A machine that was started for one request may serve the next of its kind.
        }
        long usual = warm().stream()
                .filter(slot -> slot.order().equals(plan.usual()))
                .count();
        return first(slot -> slot.phase() == Phase.WARM && (!slot.order().equals(plan.usual()) || usual > target()))
                .map(slot -> end(slot, stopped ? SandboxEnd.SHUTDOWN : SandboxEnd.EVICTED));
    }

    private Optional<Step> refill(long nowNanos) {
        if (!refillDue || !waiting.isEmpty() || !pause(nowNanos).isZero()) {
            return Optional.empty();
        }
        long usual = Stream.concat(in(Phase.WARM), in(Phase.STARTING))
                .filter(slot -> slot.order().equals(plan.usual()))
                .count();
        if (usual >= target()) {
            refillDue = false;
            return Optional.empty();
        }
        return slots.size() < plan.max()
                        && in(Phase.STARTING).count() < plan.startsAtOnce()
                        && fits(plan.usual(), Optional.empty())
                ? Optional.of(start(plan.usual(), OptionalLong.empty()))
                : Optional.empty();
    }

    /** Only while nobody waits, who would be served later, and while it takes no processor from those that work. */
    private Optional<Step> prime() {
        if (!waiting.isEmpty() || slots.size() - in(Phase.WARM).count() >= plan.processors()) {
            return Optional.empty();
        }
        return first(slot -> slot.phase() == Phase.WARM && !slot.primed())
                .filter(slot -> fits(slot.order(), Optional.of(slot)))
                .map(slot -> {
                    slots.put(slot.id(), slot.becomePrimed());
                    return new Step.Prime(slot.id());
                });
    }

    private int target() {
        return keepingWarm && !stopped ? plan.warm() : 0;
    }

    private Step start(Order order, OptionalLong ticket) {
        slots.put(++lastId, new Slot(lastId, order, Phase.STARTING, ticket, false));
        peak = Math.max(peak, slots.size());
        return new Step.Start(lastId, order);
    }

    private Step end(Slot slot, SandboxEnd end) {
        return new Step.Destroy(become(slot, Phase.ENDING).id(), end);
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

    private Slot become(Slot slot, Phase next) {
        Slot changed = slot.become(next);
        slots.put(slot.id(), changed);
        return changed;
    }

    private Slot slot(long id, Phase expected) {
        Slot slot = requireNonNull(slots.get(id), () -> "no machine " + id);
        if (slot.phase() != expected) {
            throw new IllegalStateException("machine " + id + " is " + slot.phase() + ", not " + expected);
        }
        return slot;
    }

    private Optional<Slot> first(Predicate<Slot> suitable) {
        return slots.values().stream().filter(suitable).findFirst();
    }

    private Stream<Slot> in(Phase phase) {
        return slots.values().stream().filter(slot -> slot.phase() == phase);
    }

    private int count(Phase phase) {
        return (int) in(phase).count();
    }
}
