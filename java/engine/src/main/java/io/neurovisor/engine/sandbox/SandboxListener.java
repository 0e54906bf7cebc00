package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.vm.BlockedAttempt;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;

/**
 * Hears what becomes of machines, in the threads that start and destroy them: it has to be quick, safe for use by many
 * threads, and must not throw. Every machine that has begun ends.
 */
public interface SandboxListener {
    /** Hears nothing. */
    SandboxListener NONE = new SandboxListener() {};

    /** A VMM process is there. Whoever keeps the machine lets go of it at its end. */
    default void begun(Vm vm) {}

    /** The guest has answered and has an identity of its own. */
    default void ready(Sandbox sandbox) {}

    /** Its VMM has tried what no VMM does. Of each machine some dozens of attempts are heard of. */
    default void blocked(VmId id, BlockedAttempt attempt) {}

    /** Nothing is left of it. */
    default void ended(VmId id, SandboxEnd end) {}
}
