package io.neurovisor.engine.pool;

import java.util.Optional;

/**
 * A client of a pool, as it claims machines for its programs or for its sandboxes. Claimants that wait for machines take
 * turns, and none exceeds its share.
 *
 * @param name unique among the clients of a pool; both claimants of one client have it
 * @param forSandboxes whether its machines become sandboxes, which live long and are limited together
 */
public record Claimant(String name, PoolShare share, boolean forSandboxes) {
    /** The claimant of a process that serves no clients. */
    public static final Claimant LOCAL = new Claimant("local", PoolShare.UNLIMITED);

    /** A claimant whose machines run one program each. */
    public Claimant(String name, PoolShare share) {
        this(name, share, false);
    }

    /**
     * Returns the same client as it claims machines for sandboxes: with turns of its own and without a limit on their
     * number, so that its living sandboxes do not take the machines of its programs.
     */
    public Claimant forItsSandboxes() {
        return new Claimant(name, new PoolShare(Optional.empty(), share.waiting()), true);
    }
}
