package io.neurovisor.engine.sandbox;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The limits on the number of sandboxes that have a machine or will get one, and of those that are paused, or may be after the
 * step that is under way.
 */
final class SandboxLimits {
    private static final Duration SHORTEST_RETRY = Duration.ofSeconds(1);
    private static final Duration LONGEST_RETRY = Duration.ofMinutes(1);

    private final int most;
    private final int mostPaused;
    /** As they were when they created or resumed a sandbox last. */
    private final Map<String, SandboxOwner> owners = new HashMap<>();

    /**
     * @param most the most sandboxes that may have machines at the same time
     * @param mostPaused of all owners together; the end of the daemon pauses more
     */
    SandboxLimits(int most, int mostPaused) {
        this.most = most;
        this.mostPaused = mostPaused;
    }

    /**
     * Throws {@code SANDBOX_QUOTA} unless one more sandbox may get a machine, and remembers the limits of its owner.
     *
     * @param holding the sandboxes that have a machine or will get one
     */
    void admit(SandboxSpec spec, SandboxOwner owner, List<SandboxState> holding, long nowNanos) {
        if (holding.size() >= most) {
            throw SandboxFaults.allUsed(most, retry(holding, nowNanos));
        }
        List<SandboxState> own = holding.stream()
                .filter(state -> state.owner().equals(owner.name()))
                .toList();
        owner.requireRoom(own, spec.memoryBytes(), retry(own, nowNanos));
        remember(owner);
    }

    /** Returns the time after which the next of these sandboxes ends by itself, within bounds. */
    private static Duration retry(List<SandboxState> counted, long nowNanos) {
        long nextNanos = counted.stream()
                .mapToLong(state -> state.endsNanos() - nowNanos)
                .min()
                .orElse(Long.MAX_VALUE);
        return Duration.ofNanos(Math.clamp(nextNanos, SHORTEST_RETRY.toNanos(), LONGEST_RETRY.toNanos()));
    }

    /** Remembers the limits of an owner, for its sandboxes that are paused later. */
    void remember(SandboxOwner owner) {
        owners.put(owner.name(), owner);
    }

    /** Returns the owner of a sandbox that has had a machine in this process. */
    SandboxOwner owner(SandboxState state) {
        return requireNonNull(owners.get(state.owner()), () -> "no owner " + state.owner());
    }

    boolean allowOnePausedMore(SandboxState state, Collection<SandboxState> all) {
        long own =
                paused(all).filter(other -> other.owner().equals(state.owner())).count();
        return countPaused(all) < mostPaused && own < owner(state).paused().orElse(Integer.MAX_VALUE);
    }

    /** Throws {@code SANDBOX_QUOTA} unless one more sandbox may be paused. */
    void requireOnePausedMore(SandboxState state, Collection<SandboxState> all) {
        if (!allowOnePausedMore(state, all)) {
            throw countPaused(all) >= mostPaused
                    ? SandboxFaults.allPaused(mostPaused)
                    : SandboxFaults.allOwnPaused(owner(state));
        }
    }

    static int countPaused(Collection<SandboxState> all) {
        return (int) paused(all).count();
    }

    private static Stream<SandboxState> paused(Collection<SandboxState> all) {
        return all.stream()
                .filter(state -> state.phase() == SandboxPhase.PAUSED
                        || state.phase() == SandboxPhase.PAUSING
                        || state.phase() == SandboxPhase.RESUMING);
    }
}
