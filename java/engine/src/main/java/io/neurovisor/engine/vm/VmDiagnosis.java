package io.neurovisor.engine.vm;

import io.neurovisor.engine.fault.NeuroVisorException;

/** Describes in one line why a virtual machine failed, from the end of the VMM or the guest's console. */
public final class VmDiagnosis {
    private VmDiagnosis() {}

    public static String describe(Vm vm, NeuroVisorException exception) {
        return vm.death().orElseGet(() -> {
            String console = vm.consoleTail();
            // An ending VMM breaks its connections before its end is known.
            return vm.death().orElseGet(() -> withConsole(console, exception));
        });
    }

    private static String withConsole(String console, NeuroVisorException exception) {
        return exception.getMessage()
                + (console.isEmpty() ? "; the guest's console is empty" : "; the guest's console ends: " + console);
    }
}
