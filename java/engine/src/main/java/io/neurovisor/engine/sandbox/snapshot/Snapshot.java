package io.neurovisor.engine.sandbox.snapshot;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.sandbox.SandboxId;
import java.time.Instant;

/**
 * A sandbox as it was at one moment, from which other sandboxes begin.
 *
 * @param owner the name of the claimant that took it
 * @param name for people; may be empty, and of several with one name the newest is meant
 * @param source the sandbox that it was taken of
 * @param kind the image and size of its sandboxes
 * @param bytes its size on the disk; 0 while it is being taken
 */
public record Snapshot(
        SandboxId id, String owner, String name, SandboxId source, MachineKind kind, Instant created, long bytes) {
    private static final int MAX_NAME = 63;

    public Snapshot {
        requireNonNull(id, "id is null");
        requireNonNull(source, "source is null");
        if (name.length() > MAX_NAME) {
            throw NeuroVisorException.invalid(
                    "name", "a name of " + name.length() + " characters; at most " + MAX_NAME);
        }
    }
}
