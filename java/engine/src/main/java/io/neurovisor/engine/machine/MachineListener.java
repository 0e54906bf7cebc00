package io.neurovisor.engine.machine;

import io.neurovisor.engine.vm.BlockedAttempt;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;

/**
 * Receives events of machines in the threads that start and destroy them. Implementations must be fast, safe for use by
 * many threads and must not throw. Every machine that has begun is later reported as ended.
 */
public interface MachineListener {
    /** Ignores all events. */
    MachineListener NONE = new MachineListener() {};

    /** Called when the VMM process runs. A listener that keeps the machine must release it when it ends. */
    default void begun(Vm vm) {}

    /** Called when the guest has answered and received its identity. */
    default void ready(Machine machine) {}

    /**
     * Called when the VMM attempted something that no VMM does; only some dozens of attempts per machine are reported.
     */
    default void blocked(VmId id, BlockedAttempt attempt) {}

    /** Called when nothing of the machine is left. */
    default void ended(VmId id, MachineEnd end) {}
}
