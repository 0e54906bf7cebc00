package io.neurovisor.engine.pool;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * A pool at one moment.
 *
 * @param warm machines that wait for a request
 * @param starting machines that are being started
 * @param active machines that are leased
 * @param ending machines that are being destroyed
 * @param waiting requests without a machine
 * @param peak the most machines that have existed at a time
 * @param warmed whether a machine has ever waited for a request, or been given to one
 * @param shortage the memory as it was when it last kept a machine from a request, or from being kept ready; empty once it
 *     does not
 * @param failure why no machine could be kept ready the last time that this was tried, if it failed
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
    public PoolStatus {
        requireNonNull(shortage, "shortage is null");
        requireNonNull(failure, "failure is null");
    }

    /** All machines that exist. */
    public int machines() {
        return warm + starting + active + ending;
    }
}
