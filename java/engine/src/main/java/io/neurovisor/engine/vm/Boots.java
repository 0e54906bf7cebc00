package io.neurovisor.engine.vm;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;

/**
 * When a guest is booted again. A kernel that is emulated on a busy host may measure its timer wrongly, and its agent then
 * ends the machine.
 */
public final class Boots {
    /** The most boots for one machine. */
    public static final int MAX = 5;

    private Boots() {}

    /** Returns whether the failure of a boot is that the guest or its VMM has ended. */
    public static boolean hasEnded(Vm vm, NeuroVisorException failure) {
        return failure.fault() == Fault.SANDBOX_LOST && vm.death().isPresent();
    }
}
