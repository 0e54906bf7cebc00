package io.neurovisor.engine.vm;

import io.neurovisor.engine.fault.NeuroVisorException;

/** Says in one line why a virtual machine failed: the VMM's last words, else the guest's. */
public final class VmDiagnosis {
    private VmDiagnosis() {}

    public static String describe(Vm vm, NeuroVisorException exception) {
        String console = vm.consoleTail();
        return vm.death()
                .orElseGet(() -> exception.getMessage()
                        + (console.isEmpty()
                                ? "; the guest's console is empty"
                                : "; the guest's console ends: " + console));
    }
}
