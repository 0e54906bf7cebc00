package io.neurovisor.engine.pool;

import java.util.Optional;

/**
 * The state of a pool at one moment.
 *
 * @param warm machines that are ready for a request
 * @param starting machines that are being started
 * @param active machines that are leased
 * @param ending machines that are being destroyed
 * @param waiting requests that wait for a machine
 * @param peak the most machines that have existed at the same time
 * @param warmed whether a machine has ever been ready for a request or leased to one
 * @param shortage the memory when it was last too small for a request or a refill; empty once it suffices
 * @param failure the reason why the last attempt to keep a machine ready failed; empty if it succeeded
 */
public record PoolStatus(
        int warm,
        int starting,
        int active,
        int ending,
        int waiting,
        int peak,
        boolean warmed,
        Optional<MemoryHeadroom> shortage,
        Optional<String> failure) {
    /** Returns the number of all machines that exist. */
    public int machines() {
        return warm + starting + active + ending;
    }
}
