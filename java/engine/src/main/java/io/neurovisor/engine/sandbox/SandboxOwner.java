package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.pool.Claimant;
import java.util.Optional;

/**
 * The client that creates sandboxes, with its limits at this moment.
 *
 * @param claimant its name owns the sandboxes; with its limits on executions, which do not count sandboxes
 * @param sandboxes the most sandboxes that it may have, including those that are being created
 * @param memoryBytes the most memory that the guests of these may have together
 */
public record SandboxOwner(Claimant claimant, Optional<Integer> sandboxes, Optional<Long> memoryBytes) {
    /** Returns an owner without limits of its own. */
    public static SandboxOwner unlimited(Claimant claimant) {
        return new SandboxOwner(claimant, Optional.empty(), Optional.empty());
    }

    String name() {
        return claimant.name();
    }
}
