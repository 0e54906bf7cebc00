package io.neurovisor.engine.pool;

import java.time.Duration;

/**
 * The size and the limits of a pool.
 *
 * @param usual the kind of machine that is kept ready; other kinds are started on demand
 * @param warm the number of machines that are kept ready
 * @param max the most machines that may exist, in any phase
 * @param sandboxes the most of these that may be leased for sandboxes; all others are left for programs
 * @param startsAtOnce the most machines that may start at the same time: with more than the processors can handle, all are late
 * @param processors the number of busy machines from which on ready machines are no longer primed, as that would slow them down
 * @param acquireTimeout the longest time that a request waits for a machine
 * @param memory the memory that limits the machines in addition
 */
public record PoolPlan(
        MachineKind usual,
        int warm,
        int max,
        int sandboxes,
        int startsAtOnce,
        int processors,
        Duration acquireTimeout,
        MachineMemory memory) {
    public PoolPlan {
        if (warm < 0 || max < 1 || warm > max || startsAtOnce < 1 || processors < 1) {
            throw new IllegalArgumentException("a pool of " + warm + " warm machines among " + max + ", " + startsAtOnce
                    + " started at once, on " + processors + " processors");
        }
        if (sandboxes < 0 || sandboxes > max) {
            throw new IllegalArgumentException(sandboxes + " sandboxes among " + max + " machines");
        }
    }
}
