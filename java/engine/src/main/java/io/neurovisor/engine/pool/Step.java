package io.neurovisor.engine.pool;

import io.neurovisor.engine.sandbox.SandboxEnd;
import java.util.OptionalLong;

/** Something that the state of a pool has decided and its owner has to do. */
sealed interface Step {
    /**
     * Start a machine; report with {@link PoolState#ready}, or with {@link PoolState#failed} and later {@link PoolState#gone}.
     *
     * @param ticket the request that it is started for; empty for a machine that is to be kept ready
     */
    record Start(long slot, Order order, OptionalLong ticket) implements Step {}

    /** Prime a machine that has started; report as for a start. */
    record Prime(long slot) implements Step {}

    /** The machine is the request's. */
    record Grant(long ticket, long slot) implements Step {}

    /** The request cannot be served, for no machine of its kind fits into the memory and none is there to make room. */
    record Refuse(long ticket, Order order, MemoryRoom room) implements Step {}

    /** Destroy the machine; report with {@link PoolState#gone}. */
    record Destroy(long slot, SandboxEnd end) implements Step {}
}
