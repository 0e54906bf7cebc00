package io.neurovisor.engine.vm;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.time.Deadline;
import java.util.concurrent.CompletableFuture;

/** Starts virtual machines with one kind of VMM. */
public interface Vmm {
    /** What a template depends on; a template is never restored under another identity. */
    VmmIdentity identity();

    /**
     * The most that a machine can take of the host's memory, its VMM included: what its control group would allow it.
     *
     * @param cloned whether it starts from a template
     */
    long memoryLimitBytes(SandboxSize size, boolean cloned);

    /**
     * Returns a machine whose processors run and whose channel can be connected. A VMM that was begun is killed on failure,
     * which may take until {@link #gone}: {@code VMM_FAILED} carries the VMM's last words.
     */
    Vm start(VmId id, VmStart start, Deadline deadline);

    /** Completes when the host has nothing left of that machine; it is complete already where the machine never was. */
    CompletableFuture<Void> gone(VmId id);
}
