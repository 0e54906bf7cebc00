package io.neurovisor.engine.vm;

import io.neurovisor.engine.fault.NeuroVisorException;

/** Says in one line why a virtual machine failed: the VMM's last words, else the guest's. */
public final class VmDiagnosis {
    private VmDiagnosis() {}

    public static String describe(Vm vm, NeuroVisorException exception) {
        return vm.death().orElseGet(() -> {
            String console = vm.consoleTail();
            // A VMM that is just ending breaks its connections before anybody can know how it ended.
            return vm.death().orElseGet(() -> withConsole(console, exception));
        });
    }

    private static String withConsole(String console, NeuroVisorException exception) {
        return exception.getMessage()
                + (console.isEmpty() ? "; the guest's console is empty" : "; the guest's console ends: " + console);
    }
}
