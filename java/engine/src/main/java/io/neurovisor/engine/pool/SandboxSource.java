package io.neurovisor.engine.pool;

import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.vm.VmId;
import java.util.concurrent.CompletableFuture;

/** Where a pool's sandboxes come from. */
public interface SandboxSource {
    /** Returns an id that no machine has had. */
    VmId newId();

    /** Makes what machines of that kind start from, unless it exists. Takes the time it needs. */
    void make(MachineKind kind);

    /**
     * Returns a sandbox that no program has used; the caller closes it. Takes the time it needs, within a limit of its own.
     *
     * @param id of its machine
     */
    Sandbox open(VmId id, MachineKind kind);

    /** Completes when the host has nothing left of that machine, whether or not it was opened. */
    CompletableFuture<Void> gone(VmId id);
}
