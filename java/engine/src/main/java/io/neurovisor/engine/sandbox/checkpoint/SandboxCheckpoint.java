package io.neurovisor.engine.sandbox.checkpoint;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.sandbox.SandboxId;
import java.time.Instant;

/**
 * A complete checkpoint of a sandbox in a {@link CheckpointStore}.
 *
 * @param generation the number of machines that the sandbox had had
 * @param saved the time at which it was saved, in milliseconds
 */
public record SandboxCheckpoint(SandboxId sandbox, int generation, Instant saved) {
    public SandboxCheckpoint {
        requireNonNull(sandbox, "sandbox is null");
        requireNonNull(saved, "saved is null");
    }
}
