package io.neurovisor.engine.pool;

import io.neurovisor.engine.machine.MachineEnd;
import io.neurovisor.engine.pool.FairQueue.Waiting;
import io.neurovisor.engine.pool.Slot.Phase;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/**
 * Chooses the machine of each waiting request: one that is ready, one that is starting, or room for a new one.
 *
 * <p>A machine belongs to no request until it is ready; then it is leased to the first request for its kind. Room for a new
 * machine goes to the first request that no existing machine will serve. A machine that continues a saved sandbox serves the
 * request for which it was started or none, and no second one continues the sandbox while it exists.
 *
 * <p>A request that does not fit into the memory is passed over by later ones that fit, for {@link FairQueue#LONGEST_BYPASS}.
 * After that it holds up the later requests of its own claimant, and those of other claimants unless its client has a
 * machine, for a program or as a sandbox: otherwise a client could fill the memory and then hold up all others with one
 * more request.
 *
 * @param awaitsTemplate returns whether machines of a kind cannot start before a template is made
 */
record Scheduler(
        PoolPlan plan, Slots slots, FairQueue queue, MemoryBudget memory, Predicate<MachineKind> awaitsTemplate) {
    /** Returns the next action for a waiting request; empty if no request can make progress now. */
    Optional<PoolAction> next(long nowNanos) {
        // The machines that are reserved for earlier requests of this pass.
        Set<Long> reserved = new HashSet<>();
        // Ready machines are granted first, so that only machines that no request wants are evicted.
        return grantReady(nowNanos)
                .or(() -> inTurn(nowNanos, (turns, request) -> {
                    Optional<PoolAction> action = provide(request, reserved, nowNanos);
                    if (!queue.isShort(request)) {
                        turns.take();
                    }
                    return action;
                }))
                // Again: a request that held up others may now have a machine that is being started.
                .or(() -> grantReady(nowNanos));
    }

    /** Returns whether a request waits whose claimant may have one more machine. */
    boolean hasDemand() {
        return turns().next().isPresent();
    }

    private RoundRobin turns() {
        return queue.turns(slots::count, plan.sandboxes() - slots.countForSandboxes());
    }

    /** Takes no turns: a claimant that wants several kinds keeps its place in the order for each of them. */
    private Optional<PoolAction> grantReady(long nowNanos) {
        return inTurn(nowNanos, (_, request) -> grant(request));
    }

    /** Tries the requests in turn until one leads to an action; skips those that an overdue request holds up. */
    private Optional<PoolAction> inTurn(long nowNanos, BiFunction<RoundRobin, Waiting, Optional<PoolAction>> attempt) {
        RoundRobin turns = turns();
        for (Optional<Waiting> next = turns.next(); next.isPresent(); next = turns.next()) {
            Waiting request = next.get();
            Optional<PoolAction> action = attempt.apply(turns, request);
            if (action.isPresent()) {
                return action;
            }
            if (queue.isOverdue(request, nowNanos)) {
                if (slots.countOfClient(request.claimant().name()) == 0) {
                    return Optional.empty();
                }
                turns.skipClaimant();
            }
        }
        return Optional.empty();
    }

    private Optional<PoolAction> grant(Waiting request) {
        return slots.first(slot -> slot.isFor(request, Phase.WARM))
                // A machine that continues a sandbox counts with its growth already.
                .filter(slot -> slot.kind().isSaved() || memory.fits(request.kind(), Optional.of(slot)))
                .map(slot -> {
                    queue.serve(request);
                    slots.put(slot.become(Phase.LEASED).heldBy(request.claimant()));
                    return new PoolAction.Grant(request.ticket(), slot.id());
                });
    }

    /** Starts a machine for a request that no ready machine serves, or makes room for one. */
    private Optional<PoolAction> provide(Waiting request, Set<Long> reserved, long nowNanos) {
        MachineKind kind = request.kind();
        // A ready machine that was not granted has too little memory to grow.
        Optional<Slot> ready = slots.first(slot -> slot.isFor(request, Phase.WARM));
        if (ready.isEmpty() && reserve(reserved, slot -> slot.isFor(request, Phase.STARTING))) {
            queue.becameExpected(request);
            return Optional.empty();
        }
        if (ready.isEmpty() && (awaitsTemplate.test(kind) || isContinuedElsewhere(kind))) {
            queue.becameExpected(request);
            return Optional.empty();
        }
        if (ready.isEmpty() && slots.count(Phase.STARTING) >= plan.startsAtOnce()) {
            return Optional.empty();
        }
        if (ready.isPresent() || slots.size() < plan.max()) {
            if (ready.isEmpty() && memory.fits(kind, ready)) {
                queue.becameExpected(request);
                return Optional.of(slots.start(kind, OptionalLong.of(request.ticket())));
            }
            queue.becameShort(request, nowNanos);
            return makeRoom(request, ready);
        }
        return evictForSlot(reserved);
    }

    /** Returns whether a machine continues the same saved sandbox: it was started for a request that gave up. */
    private boolean isContinuedElsewhere(MachineKind kind) {
        return kind.isSaved() && slots.first(slot -> slot.kind().equals(kind)).isPresent();
    }

    /** Ends a ready machine because as many machines exist as the plan allows. */
    private Optional<PoolAction> evictForSlot(Set<Long> reserved) {
        if (reserve(reserved, slot -> slot.phase() == Phase.ENDING)) {
            return Optional.empty();
        }
        // INVARIANT: no earlier request wants a machine that is warm here, and a later one must not get it first.
        Optional<Slot> evicted = slots.in(Phase.WARM).findFirst();
        if (evicted.isEmpty()) {
            // A starting machine of another kind can be evicted as soon as it is ready.
            boolean _ = reserve(reserved, slot -> slot.phase() == Phase.STARTING);
        }
        return evicted.map(slot -> slots.end(slot, MachineEnd.EVICTED));
    }

    /** Ends an idle machine if that frees enough memory; refuses the request if no machine is left that could end. */
    private Optional<PoolAction> makeRoom(Waiting request, Optional<Slot> ready) {
        if (slots.in(Phase.ENDING).findAny().isPresent()) {
            return Optional.empty();
        }
        MemoryHeadroom headroom = memory.headroom(request.kind().size());
        List<Slot> idle = slots.in(Phase.WARM)
                .filter(slot -> !Optional.of(slot).equals(ready))
                .toList();
        long idleBytes = idle.stream().mapToLong(memory::residentBytes).sum();
        // Measured sizes are estimates, so every idle machine is ended before a request is refused.
        if (!idle.isEmpty()
                && (headroom.freeBytes() + idleBytes >= memory.needed(headroom, ready)
                        || slots.count(Phase.WARM) == slots.size())) {
            return Optional.of(slots.end(idle.getFirst(), MachineEnd.EVICTED));
        }
        if (!slots.isEmpty()) {
            return Optional.empty();
        }
        boolean _ = queue.remove(request.ticket());
        return Optional.of(new PoolAction.Refuse(request.ticket(), request.kind(), headroom));
    }

    private boolean reserve(Set<Long> reserved, Predicate<Slot> suitable) {
        return slots.first(suitable.and(slot -> !reserved.contains(slot.id())))
                .map(slot -> reserved.add(slot.id()))
                .orElse(false);
    }
}
