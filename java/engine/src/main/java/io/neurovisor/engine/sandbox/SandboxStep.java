package io.neurovisor.engine.sandbox;

/** What the owner of {@link SandboxBook} has to do for a sandbox, outside of its lock. */
sealed interface SandboxStep {
    SandboxId id();

    /**
     * Kill the machine, if there is one, record the end and remove the checkpoint; report with {@link SandboxBook#released}.
     *
     * @param saved whether there may be a checkpoint that is to be removed
     */
    record End(SandboxId id, boolean saved) implements SandboxStep {}

    /** Remove the checkpoint of a lost sandbox, to which no client can go back any longer. No report. */
    record Discard(SandboxId id) implements SandboxStep {}

    /** Kill the machine that is being saved, so that this ends soon. No report: that of the step under way leads to the end. */
    record Abort(SandboxId id) implements SandboxStep {}

    /** Save the machine; report with {@link SandboxBook#saved} or {@link SandboxBook#notSaved}. */
    record Save(SandboxId id) implements SandboxStep {}

    /** Record that the sandbox is paused, then kill its machine; report with {@link SandboxBook#paused}. */
    record Pause(SandboxId id) implements SandboxStep {}

    /** Set the clock of the guest. */
    record SetClock(SandboxId id) implements SandboxStep {}

    /** Read the layers of the machine again. */
    record ReadLayers(SandboxId id) implements SandboxStep {}
}
