package io.neurovisor.engine.pool;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.machine.MachineEnd;
import io.neurovisor.engine.pool.Slot.Phase;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The machines of a pool, the oldest first. A machine counts from the decision to start it until it is removed. */
final class Slots {
    private final Map<Long, Slot> slots = new TreeMap<>();
    private long lastId;
    private int peak;

    /** Adds a machine and returns the action that starts it. */
    PoolAction start(MachineKind kind, OptionalLong ticket) {
        put(new Slot(++lastId, kind, Phase.STARTING, ticket, Optional.empty(), false));
        peak = Math.max(peak, size());
        return new PoolAction.Start(lastId, kind, ticket);
    }

    /** Marks a machine as ending and returns the action that destroys it. */
    PoolAction end(Slot slot, MachineEnd reason) {
        return new PoolAction.Destroy(become(slot, Phase.ENDING).id(), reason);
    }

    /** Replaces the machine with the same id. */
    void put(Slot slot) {
        slots.put(slot.id(), slot);
    }

    /** Moves a machine to its next phase and returns its new state. */
    Slot become(Slot slot, Phase next) {
        Slot changed = slot.become(next);
        put(changed);
        return changed;
    }

    /** Removes a machine, which must be in the expected phase. */
    void remove(long id, Phase expected) {
        slots.remove(slot(id, expected).id());
    }

    /** Returns a machine, which must be in the expected phase. */
    Slot slot(long id, Phase expected) {
        Slot slot = requireNonNull(slots.get(id), () -> "no machine " + id);
        if (slot.phase() != expected) {
            throw new IllegalStateException("machine " + id + " is " + slot.phase() + ", not " + expected);
        }
        return slot;
    }

    Collection<Slot> all() {
        return slots.values();
    }

    int size() {
        return slots.size();
    }

    boolean isEmpty() {
        return slots.isEmpty();
    }

    /** Returns the largest number of machines that have existed at the same time. */
    int peak() {
        return peak;
    }

    Stream<Slot> in(Phase phase) {
        return slots.values().stream().filter(slot -> slot.phase() == phase);
    }

    int count(Phase phase) {
        return (int) in(phase).count();
    }

    Optional<Slot> first(Predicate<Slot> suitable) {
        return slots.values().stream().filter(suitable).findFirst();
    }

    /** Returns the number of machines that a claimant holds, including those that are being destroyed. */
    int count(Claimant holder) {
        return (int) slots.values().stream()
                .filter(slot -> slot.holder().equals(Optional.of(holder)))
                .count();
    }

    /** Returns the number of machines that a client holds for its programs and as its sandboxes, as {@link #count(Claimant)}. */
    int countOfClient(String name) {
        return (int) slots.values().stream()
                .filter(slot -> slot.holder()
                        .filter(holder -> holder.name().equals(name))
                        .isPresent())
                .count();
    }

    /** Returns the number of machines that are leased for sandboxes, including those that are being destroyed. */
    int countForSandboxes() {
        return (int) slots.values().stream().filter(Slot::isForSandbox).count();
    }
}
