package io.neurovisor.engine.pool;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.Slot.Phase;
import java.util.List;
import java.util.Optional;
import java.util.function.LongUnaryOperator;

/**
 * The host's memory as the machines of a pool use it. A machine is counted with the most that it can take from its start on,
 * except while it waits for a request: then it runs nothing that could make it grow, unless it continues a saved sandbox.
 */
final class MemoryBudget {
    private final MachineMemory memory;
    private final LongUnaryOperator residentBytes;
    private final Slots slots;
    private Optional<MemoryHeadroom> shortage = Optional.empty();
    private long sharedBytes;

    /** @param residentBytes returns the resident memory of a machine by its id; not called for a machine that is starting */
    MemoryBudget(MachineMemory memory, LongUnaryOperator residentBytes, Slots slots) {
        this.memory = memory;
        this.residentBytes = residentBytes;
        this.slots = slots;
    }

    /** Counts memory that machines share, which the host could count as available. */
    void share(long addedBytes) {
        sharedBytes += addedBytes;
    }

    /** Returns the current headroom for machines of a size. */
    MemoryHeadroom headroom(SandboxSize size) {
        List<Slot> promised = slots.all().stream().filter(slot -> !isIdle(slot)).toList();
        return new MemoryHeadroom(
                size,
                limit(size),
                memory.availableBytes().getAsLong(),
                sharedBytes + promised.stream().mapToLong(this::growth).sum(),
                promised.size());
    }

    /**
     * Returns whether a machine fits, together with the growth of all others; records a shortage if it does not.
     *
     * @param ready the machine if it exists already, so that only its growth counts
     */
    boolean fits(MachineKind kind, Optional<Slot> ready) {
        MemoryHeadroom headroom = headroom(kind.size());
        boolean fits = headroom.freeBytes() >= needed(headroom, ready);
        if (!fits && shortage.isEmpty()) {
            shortage = Optional.of(headroom);
        }
        return fits;
    }

    /** Returns the memory that a new machine, or the growth of one that is ready, needs. */
    long needed(MemoryHeadroom headroom, Optional<Slot> ready) {
        return ready.map(this::growth).orElse(headroom.limitBytes());
    }

    private static boolean isIdle(Slot slot) {
        return slot.phase() == Phase.WARM && !slot.kind().isSaved();
    }

    /** Returns the first shortage since {@link #clearShortage}. */
    Optional<MemoryHeadroom> shortage() {
        return shortage;
    }

    void clearShortage() {
        shortage = Optional.empty();
    }

    long residentBytes(Slot slot) {
        return residentBytes.applyAsLong(slot.id());
    }

    private long growth(Slot slot) {
        long limit = limit(slot.kind().size());
        // The resident memory of a starting machine is not known yet, so it is counted twice.
        return slot.phase() == Phase.STARTING ? limit : Math.max(0, limit - residentBytes(slot));
    }

    private long limit(SandboxSize size) {
        return memory.limitBytes().applyAsLong(size);
    }
}
