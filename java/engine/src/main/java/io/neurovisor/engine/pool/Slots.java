package io.neurovisor.engine.pool;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.Slot.Phase;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongUnaryOperator;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The machines that a pool counts, the oldest first, with the memory that they may still take. */
final class Slots {
    private final MachineMemory memory;
    private final LongUnaryOperator residentBytes;
    private final Map<Long, Slot> slots = new TreeMap<>();

    /** @param residentBytes what a machine, by its id, has of the memory already; not asked of one that starts */
    Slots(MachineMemory memory, LongUnaryOperator residentBytes) {
        this.memory = requireNonNull(memory, "memory is null");
        this.residentBytes = requireNonNull(residentBytes, "residentBytes is null");
    }

    /** Adds a machine, or replaces what is known of it. */
    void put(Slot slot) {
        slots.put(slot.id(), slot);
    }

    /** Returns the machine as it is then. */
    Slot become(Slot slot, Phase next) {
        Slot changed = slot.become(next);
        put(changed);
        return changed;
    }

    /** Removes a machine that is in this phase. */
    Slot remove(long id, Phase expected) {
        Slot slot = slot(id, expected);
        slots.remove(id);
        return slot;
    }

    /** The machine, which is in this phase. */
    Slot slot(long id, Phase expected) {
        Slot slot = requireNonNull(slots.get(id), () -> "no machine " + id);
        if (slot.phase() != expected) {
            throw new IllegalStateException("machine " + id + " is " + slot.phase() + ", not " + expected);
        }
        return slot;
    }

    int size() {
        return slots.size();
    }

    boolean isEmpty() {
        return slots.isEmpty();
    }

    Stream<Slot> in(Phase phase) {
        return slots.values().stream().filter(slot -> slot.phase() == phase);
    }

    int count(Phase phase) {
        return (int) in(phase).count();
    }

    Optional<Slot> first(Phase phase) {
        return in(phase).findFirst();
    }

    Optional<Slot> first(Predicate<Slot> suitable) {
        return slots.values().stream().filter(suitable).findFirst();
    }

    /** How many machines a claimant has, until nothing is left of each. */
    int count(Claimant holder) {
        return (int) slots.values().stream()
                .filter(slot -> slot.holder().equals(Optional.of(holder)))
                .count();
    }

    /** The memory as it is now for machines of that size. */
    MemoryHeadroom room(SandboxSize size) {
        List<Slot> promised = slots.values().stream()
                .filter(slot -> slot.phase() != Phase.WARM)
                .toList();
        return new MemoryHeadroom(
                size,
                limit(size),
                memory.availableBytes().getAsLong(),
                promised.stream().mapToLong(this::growth).sum(),
                promised.size());
    }

    /** What a machine may still take. */
    long growth(Slot slot) {
        long limit = limit(slot.order().size());
        // What it has while it starts is counted twice, for it is not known yet.
        return slot.phase() == Phase.STARTING ? limit : Math.max(0, limit - residentBytes(slot));
    }

    /** What a machine has. */
    long residentBytes(Slot slot) {
        return residentBytes.applyAsLong(slot.id());
    }

    private long limit(SandboxSize size) {
        return memory.limitBytes().applyAsLong(size);
    }
}
