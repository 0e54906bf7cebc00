package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.guest.GuestUsage;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.sandbox.calls.GuardedFiles;
import io.neurovisor.engine.sandbox.calls.GuardedInterpreter;
import io.neurovisor.engine.sandbox.calls.GuardedProcesses;
import io.neurovisor.engine.sandbox.calls.GuestCalls;
import io.neurovisor.engine.time.Deadline;
import java.util.List;
import java.util.function.Function;

/**
 * A sandbox as it was at one moment. Its processes, files and interpreter are those of the living sandbox: once it has ended, each
 * call throws {@code SANDBOX_UNKNOWN}, and streams under way end with {@code SANDBOX_MOVED} or {@code SANDBOX_DIED}. A call
 * for a paused one resumes it, or throws {@code SANDBOX_PAUSED}: see {@link Sandboxes#require}. Streams under way end with
 * {@code SANDBOX_MOVED} when it is paused; its processes and cells can be attached to later.
 * Safe for use by many threads.
 */
public final class Sandbox {
    private final SandboxRecord record;
    private final SandboxPhase phase;
    private final List<LayerState> layers;
    private final long diskBytes;
    private final GuestCalls calls;
    private final Function<Deadline, GuestUsage> usage;

    /**
     * @param calls for its processes, files and interpreter
     * @param usage measures its guest, without resuming it
     */
    Sandbox(
            SandboxRecord record,
            SandboxPhase phase,
            List<LayerState> layers,
            long diskBytes,
            GuestCalls calls,
            Function<Deadline, GuestUsage> usage) {
        this.record = record;
        this.phase = phase;
        this.layers = List.copyOf(layers);
        this.diskBytes = diskBytes;
        this.calls = calls;
        this.usage = usage;
    }

    public SandboxId id() {
        return record.id();
    }

    /** Returns its owner, times, machine and end. */
    public SandboxRecord record() {
        return record;
    }

    public SandboxPhase phase() {
        return phase;
    }

    /** Returns the layers that protect the host from its machine, as read last; empty unless it runs. */
    public List<LayerState> layers() {
        return layers;
    }

    /** Returns the space for files, within the memory; 0 unless it runs. */
    public long diskBytes() {
        return diskBytes;
    }

    public GuestProcesses processes() {
        return new GuardedProcesses(calls);
    }

    public GuestFiles files() {
        return new GuardedFiles(calls);
    }

    public GuestInterpreter interpreter() {
        return new GuardedInterpreter(calls);
    }

    /** Measures the guest; throws {@code SANDBOX_PAUSED} if it is paused. */
    public GuestUsage usage(Deadline deadline) {
        return usage.apply(deadline);
    }

    GuestCalls calls() {
        return calls;
    }
}
