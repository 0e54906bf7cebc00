package io.neurovisor.engine.sandbox;

/** What the owner of {@link SandboxBook} has to do for a sandbox, outside of its lock. */
sealed interface SandboxStep {
    SandboxId id();

    /** Kill the machine and record the end; report with {@link SandboxBook#released}. */
    record End(SandboxId id) implements SandboxStep {}

    /** Set the clock of the guest. */
    record SetClock(SandboxId id) implements SandboxStep {}

    /** Read the layers of the machine again. */
    record ReadLayers(SandboxId id) implements SandboxStep {}
}
