package io.neurovisor.engine.sandbox.checkpoint;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.sandbox.SandboxId;
import java.time.Instant;
import java.util.Optional;

/**
 * A sandbox as it was at one moment, from which sandboxes can be created. A template is a snapshot that has a copy of all of its
 * memory, which its sandboxes share.
 *
 * @param owner the name of the claimant that took it
 * @param name for people; may be empty, and several may have the same
 * @param source the sandbox that was saved
 * @param kind the image and size of its sandboxes
 * @param directory in which their processes start; empty for the home
 * @param isTemplate whether it is a template
 */
public record Snapshot(
        SandboxId id,
        String owner,
        String name,
        SandboxId source,
        MachineKind kind,
        Optional<String> directory,
        Instant created,
        boolean isTemplate) {
    private static final int MAX_NAME = 63;

    /** A snapshot that is not a template. */
    public Snapshot(
            SandboxId id,
            String owner,
            String name,
            SandboxId source,
            MachineKind kind,
            Optional<String> directory,
            Instant created) {
        this(id, owner, name, source, kind, directory, created, false);
    }

    public Snapshot {
        requireNonNull(id, "id is null");
        requireNonNull(source, "source is null");
        requireNonNull(created, "created is null");
        if (name.length() > MAX_NAME) {
            throw NeuroVisorException.invalid(
                    "name", "a name of " + name.length() + " characters; at most " + MAX_NAME);
        }
    }

    /** Returns a template that is made of this snapshot. */
    public Snapshot template(SandboxId newId, String newName, Instant now) {
        return new Snapshot(newId, owner, newName, source, kind, directory, now, true);
    }

    /** Returns whether a client that writes this text means this snapshot. */
    public boolean isNamed(String text) {
        return id.value().equals(text) || (!name.isEmpty() && name.equals(text));
    }
}
