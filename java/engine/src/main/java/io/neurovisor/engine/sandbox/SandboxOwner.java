package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.pool.Claimant;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The client that creates sandboxes, with its limits at this moment.
 *
 * @param claimant its name owns the sandboxes; with its limits on executions, which do not count sandboxes
 * @param sandboxes the most sandboxes that it may have, including those that are being created
 * @param memoryBytes the most memory that the guests of these may have together
 * @param paused the most sandboxes of it that may be paused; the end of the daemon may pause more
 * @param diskBytes the most that the files of its paused sandboxes and snapshots may take together
 */
public record SandboxOwner(
        Claimant claimant,
        Optional<Integer> sandboxes,
        Optional<Long> memoryBytes,
        Optional<Integer> paused,
        Optional<Long> diskBytes) {
    /** An owner without limits on what it pauses. */
    public SandboxOwner(Claimant claimant, Optional<Integer> sandboxes, Optional<Long> memoryBytes) {
        this(claimant, sandboxes, memoryBytes, Optional.empty(), Optional.empty());
    }

    /** Returns an owner without limits of its own. */
    public static SandboxOwner unlimited(Claimant claimant) {
        return new SandboxOwner(claimant, Optional.empty(), Optional.empty());
    }

    /** Returns the name that owns the sandboxes. */
    public String name() {
        return claimant.name();
    }

    /**
     * Throws {@code SANDBOX_QUOTA} unless one more sandbox is within the limits.
     *
     * @param own the sandboxes that it has
     * @param wantedBytes the memory of the one more
     * @param retry the time after which this may have changed
     */
    void requireRoom(List<SandboxState> own, long wantedBytes, Duration retry) {
        int number = own.size();
        long usedBytes =
                own.stream().mapToLong(state -> state.spec().memoryBytes()).sum();
        if (number >= sandboxes.orElse(Integer.MAX_VALUE)) {
            throw SandboxFaults.numberUsed(this, number, retry);
        }
        if (usedBytes + wantedBytes > memoryBytes.orElse(Long.MAX_VALUE)) {
            throw SandboxFaults.memoryUsed(this, usedBytes, wantedBytes, retry);
        }
    }
}
