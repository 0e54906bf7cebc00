package io.neurovisor.engine.pool;

import io.neurovisor.engine.sandbox.SandboxEnd;
import java.util.OptionalLong;

/** Something that the state of a pool has decided and its owner has to do. */
sealed interface PoolAction {
    /**
     * Start a machine; report with {@link PoolState#ready}, or with {@link PoolState#failed} and later {@link PoolState#gone}.
     *
     * @param ticket the request that it is started for; empty for a machine that is to be kept ready
     */
    record Start(long slot, MachineKind kind, OptionalLong ticket) implements PoolAction {}

    /** Prime a machine that has started; report as for a start. */
    record Prime(long slot) implements PoolAction {}

    /** The machine is the request's. */
    record Grant(long ticket, long slot) implements PoolAction {}

    /** The request cannot be served, for no machine of its kind fits into the memory and none is there to make room. */
    record Refuse(long ticket, MachineKind kind, MemoryHeadroom room) implements PoolAction {}

    /** Destroy the machine; report with {@link PoolState#gone}. */
    record Destroy(long slot, SandboxEnd end) implements PoolAction {}
}
