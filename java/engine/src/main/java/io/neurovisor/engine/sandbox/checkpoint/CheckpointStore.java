package io.neurovisor.engine.sandbox.checkpoint;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.vm.Checkpoint;

/**
 * Keeps one whole checkpoint of each sandbox, beyond the end of the process. Its calls may block; those for one sandbox follow
 * each other. They throw {@link NeuroVisorException} if a file cannot be read or written.
 */
public interface CheckpointStore {
    /** Keeps nothing: no sandbox is saved. */
    CheckpointStore NONE = new CheckpointStore() {
        @Override
        public void save(SandboxId id, int generation, CheckpointWriter writer) {
            throw new NeuroVisorException(Fault.STORAGE_FAILED, "this process keeps no saved sandboxes");
        }

        @Override
        public Checkpoint open(SandboxId id) {
            throw new NeuroVisorException(Fault.STORAGE_FAILED, "this process keeps no saved sandboxes");
        }

        @Override
        public void delete(SandboxId id) {}
    };

    /**
     * Keeps what the writer writes instead of an earlier checkpoint of the sandbox. When this returns, the checkpoint is whole
     * and survives a power failure; if it throws, the earlier checkpoint is kept.
     *
     * @param generation the number of the sandbox's machine that is saved
     */
    void save(SandboxId id, int generation, CheckpointWriter writer);

    /**
     * Returns the checkpoint of a sandbox, from which a machine can be started. It is kept.
     *
     * @throws NeuroVisorException {@code CHECKPOINT_DAMAGED} if it is absent or not as it was written
     */
    Checkpoint open(SandboxId id);

    /** Removes the checkpoint of a sandbox that has ended, if there is one. */
    void delete(SandboxId id);
}
