package io.neurovisor.cli.run;

import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.host.kvm.Accelerator;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.client.DaemonResult;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The VMM that has run a program.
 *
 * @param vmmReason why this VMM was chosen
 * @param daemon the socket of the daemon that owns the machine; empty for a machine of this process
 */
record RunOrigin(String vmm, String vmmVersion, String accelerator, String vmmReason, Optional<Path> daemon) {
    static RunOrigin of(NeuroVisor neuroVisor) {
        VmmIdentity vmm = neuroVisor.vmm();
        return new RunOrigin(vmm.name(), vmm.version(), vmm.accelerator(), neuroVisor.vmmReason(), Optional.empty());
    }

    static RunOrigin of(DaemonResult result, Path socket) {
        return new RunOrigin(
                result.vmm(), result.vmmVersion(), result.accelerator(), result.vmmReason(), Optional.of(socket));
    }

    boolean isEmulated() {
        return !Accelerator.isKvm(accelerator);
    }

    /** Returns text such as {@code qemu 10.0.2 (tcg)}. */
    String shown() {
        return vmm + " " + vmmVersion + " (" + accelerator + ")";
    }
}
