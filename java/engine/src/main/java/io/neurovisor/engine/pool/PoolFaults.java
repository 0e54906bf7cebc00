package io.neurovisor.engine.pool;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.time.Duration;

/** The exceptions for requests that receive no machine: they state the reason, the state of the pool and a remedy. */
final class PoolFaults {
    private static final String LESS_MEMORY = "choose a smaller --size, or end other processes";

    private PoolFaults() {}

    /** @param status the state of the pool when the request gave up */
    static NeuroVisorException exhausted(MachineKind kind, Duration patience, int max, PoolStatus status) {
        return new NeuroVisorException(
                status.shortage().isPresent() ? Fault.MEMORY_SHORT : Fault.POOL_EXHAUSTED,
                "no virtual machine (%s) was ready within %.1f s: %s%d of at most %d exist (%d in use, %d starting), %d requests wait; try again, or %s%s"
                        .formatted(
                                kind,
                                Math.max(0, patience.toMillis()) / 1000.0,
                                status.shortage()
                                        .map(room -> "memory is short, " + room + "; ")
                                        .orElse(""),
                                status.machines(),
                                max,
                                status.active(),
                                status.starting(),
                                status.waiting(),
                                status.shortage().isPresent()
                                        ? LESS_MEMORY
                                        : "allow more with --max or --acquire-timeout",
                                status.failure()
                                        .map(reason ->
                                                "; the last one that was started to be kept ready failed: " + reason)
                                        .orElse("")));
    }

    /** @param waiting the number of waiting requests of the claimant */
    static NeuroVisorException queueFull(Claimant claimant, int waiting) {
        return new NeuroVisorException(
                Fault.TENANT_LIMIT,
                "%s has %d requests that wait for a virtual machine, its limit; try again when one is answered, or make a key with a larger --max-waiting"
                        .formatted(claimant.name(), waiting));
    }

    /**
     * Reports that the claimant's own limit was the reason.
     *
     * @param machines the number of machines of the claimant
     * @param waiting the number of its waiting requests
     */
    static NeuroVisorException shareUsed(
            MachineKind kind, Duration patience, Claimant claimant, int machines, int waiting) {
        return new NeuroVisorException(
                Fault.TENANT_LIMIT,
                "no virtual machine (%s) was free for %s within %.1f s: it has %d, its limit, and %d of its requests wait; try again when one is answered, or make a key with a larger --max-machines"
                        .formatted(
                                kind, claimant.name(), Math.max(0, patience.toMillis()) / 1000.0, machines, waiting));
    }

    static NeuroVisorException neverFits(MachineKind kind, MemoryHeadroom room) {
        return new NeuroVisorException(
                Fault.MEMORY_SHORT,
                "no virtual machine (%s) fits into the memory, and this pool has no other machine to end: %s; %s"
                        .formatted(kind, room, LESS_MEMORY));
    }

    static NeuroVisorException stopping() {
        return new NeuroVisorException(
                Fault.STOPPING, "NeuroVisor is shutting down and accepts no more requests; start it again");
    }
}
