package io.neurovisor.engine.pool;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * What a pool keeps and what it may take.
 *
 * @param usual what is kept ready; everything else is made when it is asked for
 * @param warm how many machines are kept ready
 * @param max how many machines may exist, whatever they are doing
 * @param startsAtOnce how many machines may be starting: more than the processors bear would all be too late
 * @param processors how many machines may do something before those that wait are left unprimed: it would take from them
 * @param acquireTimeout how long a request waits for its machine
 * @param memory what bounds the machines besides
 */
public record PoolPlan(
        MachineKind usual,
        int warm,
        int max,
        int startsAtOnce,
        int processors,
        Duration acquireTimeout,
        MachineMemory memory) {
    public PoolPlan {
        requireNonNull(usual, "usual is null");
        requireNonNull(acquireTimeout, "acquireTimeout is null");
        requireNonNull(memory, "memory is null");
        if (warm < 0 || max < 1 || warm > max || startsAtOnce < 1 || processors < 1) {
            throw new IllegalArgumentException("a pool of " + warm + " warm machines among " + max + ", " + startsAtOnce
                    + " started at once, on " + processors + " processors");
        }
    }

    /** As many starting, and doing something, as there may be, of machines that take no memory. */
    public PoolPlan(MachineKind usual, int warm, int max, Duration acquireTimeout) {
        this(usual, warm, max, max, max, acquireTimeout, MachineMemory.PLENTY);
    }
}
