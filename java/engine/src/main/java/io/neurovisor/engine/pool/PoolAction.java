package io.neurovisor.engine.pool;

import io.neurovisor.engine.machine.MachineEnd;
import java.util.OptionalLong;

/** An action that {@link PoolState} has decided on and {@link WarmPool} carries out. */
sealed interface PoolAction {
    /**
     * Start a machine; report with {@link PoolState#ready}, or with {@link PoolState#failed} and later {@link PoolState#gone}.
     *
     * @param ticket the request for which it is started; empty for a machine that is kept ready
     */
    record Start(long slot, MachineKind kind, OptionalLong ticket) implements PoolAction {}

    /** Prime a ready machine; report as for a start. */
    record Prime(long slot) implements PoolAction {}

    /** Lease the machine to the request. */
    record Grant(long ticket, long slot) implements PoolAction {}

    /** Refuse the request: no machine of its kind fits into the memory, and no other machine can make room. */
    record Refuse(long ticket, MachineKind kind, MemoryHeadroom room) implements PoolAction {}

    /** Destroy the machine; report with {@link PoolState#gone}. */
    record Destroy(long slot, MachineEnd end) implements PoolAction {}
}
