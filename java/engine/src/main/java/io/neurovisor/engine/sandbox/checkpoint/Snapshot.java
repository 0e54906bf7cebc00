package io.neurovisor.engine.sandbox.checkpoint;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.sandbox.SandboxId;
import java.time.Instant;
import java.util.Optional;

/**
 * A sandbox as it was at one moment, from which sandboxes can be created.
 *
 * @param owner the name of the claimant that took it
 * @param name for people; may be empty, and several may have the same
 * @param source the sandbox that was saved
 * @param kind the image and size of its sandboxes
 * @param directory in which their processes start; empty for the home
 */
public record Snapshot(
        SandboxId id,
        String owner,
        String name,
        SandboxId source,
        MachineKind kind,
        Optional<String> directory,
        Instant created) {
    private static final int MAX_NAME = 63;

    public Snapshot {
        requireNonNull(id, "id is null");
        requireNonNull(source, "source is null");
        requireNonNull(created, "created is null");
        if (name.length() > MAX_NAME) {
            throw NeuroVisorException.invalid(
                    "name", "a name of " + name.length() + " characters; at most " + MAX_NAME);
        }
    }

    /** Returns whether a client that writes this text means this snapshot. */
    public boolean isNamed(String text) {
        return id.value().equals(text) || (!name.isEmpty() && name.equals(text));
    }
}
