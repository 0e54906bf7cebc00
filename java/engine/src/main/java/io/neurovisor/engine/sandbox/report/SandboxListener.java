package io.neurovisor.engine.sandbox.report;

import io.neurovisor.engine.machine.MachineStep;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.engine.vm.VmId;
import java.util.List;

/**
 * Receives events of sandboxes in the threads that cause them, after they have been recorded. Implementations must be
 * fast, safe for use by many threads and must not throw. Every sandbox that was created is later reported as ended, perhaps
 * by a later process if it was paused when its process ended.
 */
public interface SandboxListener {
    /** Ignores all events. */
    SandboxListener NONE = new SandboxListener() {};

    /** Called when a sandbox runs. */
    default void created(Sandbox sandbox) {}

    /** Called when its time-out was set or extended. */
    default void timeoutSet(Sandbox sandbox) {}

    /** Called with what was done to a machine to save or continue a sandbox, in a thread that works for the caller. */
    default void worked(VmId machine, List<MachineStep> steps) {}

    /** Called when it is paused: its checkpoint is whole and its machine has been killed. */
    default void paused(Sandbox sandbox) {}

    /** Called when it runs again. */
    default void resumed(Sandbox sandbox) {}

    /** Called when copies of it run; each of these was reported as created before. */
    default void forked(Sandbox source) {}

    /** Called when its machine has been killed, or when it gets none: then it was not reported as created. */
    default void ended(SandboxRecord record, SandboxEnd end, String detail) {}
}
