package io.neurovisor.engine.pool;

/**
 * A client of a pool. Claimants that wait for machines take turns, and none exceeds its share.
 *
 * @param name unique among the claimants of a pool
 */
public record Claimant(String name, PoolShare share) {
    /** The claimant of a process that serves no clients. */
    public static final Claimant LOCAL = new Claimant("local", PoolShare.UNLIMITED);
}
