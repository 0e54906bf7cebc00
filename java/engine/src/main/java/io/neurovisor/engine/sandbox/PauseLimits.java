package io.neurovisor.engine.sandbox;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/** The limits on the number of sandboxes that are paused, or may be after the step that is under way. */
final class PauseLimits {
    private final int most;
    /** As they were when they created or resumed a sandbox last. */
    private final Map<String, SandboxOwner> owners = new HashMap<>();

    /** @param most of all owners together; the end of the daemon pauses more */
    PauseLimits(int most) {
        this.most = most;
    }

    /** Remembers the limits of an owner that gets a machine. */
    void remember(SandboxOwner owner) {
        owners.put(owner.name(), owner);
    }

    /** Returns the owner of a sandbox that has had a machine in this process. */
    SandboxOwner owner(SandboxState state) {
        return requireNonNull(owners.get(state.owner()), () -> "no owner " + state.owner());
    }

    boolean allowOneMore(SandboxState state, Collection<SandboxState> all) {
        long own =
                paused(all).filter(other -> other.owner().equals(state.owner())).count();
        return count(all) < most && own < owner(state).paused().orElse(Integer.MAX_VALUE);
    }

    /** Returns the exception for a sandbox that is not allowed. */
    NeuroVisorException refusal(SandboxState state, Collection<SandboxState> all) {
        return count(all) >= most ? SandboxFaults.allPaused(most) : SandboxFaults.allOwnPaused(owner(state));
    }

    static int count(Collection<SandboxState> all) {
        return (int) paused(all).count();
    }

    private static Stream<SandboxState> paused(Collection<SandboxState> all) {
        return all.stream()
                .filter(state -> state.phase() == SandboxPhase.PAUSED
                        || state.phase() == SandboxPhase.PAUSING
                        || state.phase() == SandboxPhase.RESUMING);
    }
}
