package io.neurovisor.engine.vm;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.time.Deadline;
import java.util.concurrent.CompletableFuture;

/** Starts virtual machines with one kind of VMM. */
public interface Vmm {
    /** Returns the identity on which templates depend; a template is never restored under another identity. */
    VmmIdentity identity();

    /**
     * Returns the most host memory that a machine can take, including its VMM: the limit of its control group.
     *
     * @param cloned whether it starts from a template
     */
    long memoryLimitBytes(SandboxSize size, boolean cloned);

    /**
     * Starts a machine; returns when its processors run and its channel can be opened. If that fails, a VMM that was
     * started is killed, which may last until {@link #gone}; {@code VMM_FAILED} describes how it ended, {@code
     * GUEST_SILENT} that it was late.
     */
    Vm start(VmId id, VmStart start, Deadline deadline);

    /** Completes when nothing of that machine is left on the host; immediately if it never existed. */
    CompletableFuture<Void> gone(VmId id);
}
