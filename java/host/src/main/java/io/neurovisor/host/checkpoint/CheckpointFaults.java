package io.neurovisor.host.checkpoint;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.SandboxId;
import org.jspecify.annotations.Nullable;

/** The reasons why a checkpoint cannot be used, as one line each. */
final class CheckpointFaults {
    private CheckpointFaults() {}

    static NeuroVisorException damaged(SandboxId sandbox, String problem, @Nullable Exception cause) {
        return new NeuroVisorException(
                Fault.CHECKPOINT_DAMAGED,
                "the checkpoint of sandbox %s is damaged: %s; it cannot be resumed, so kill or delete it"
                        .formatted(sandbox, problem),
                cause);
    }

    static NeuroVisorException foreign(SandboxId sandbox, String problem) {
        return new NeuroVisorException(
                Fault.CHECKPOINT_FOREIGN, "sandbox %s cannot be resumed here: %s".formatted(sandbox, problem));
    }
}
