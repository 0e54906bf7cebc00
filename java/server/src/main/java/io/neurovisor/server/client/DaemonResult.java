package io.neurovisor.server.client;

import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.limits.SandboxSize;
import java.util.Optional;

/**
 * The result of an execution by a daemon.
 *
 * @param vmm the VMM of the guest: {@code qemu} or {@code firecracker}
 * @param accelerator {@code kvm}, or {@code tcg} for emulation, which is not a security boundary
 * @param vmmReason why this VMM was selected
 * @param size of the machine
 * @param readySize the size of the machines that the daemon keeps ready for such programs, if it keeps any
 */
public record DaemonResult(
        ExecutionResult result,
        String vmm,
        String vmmVersion,
        String accelerator,
        String vmmReason,
        SandboxSize size,
        Optional<SandboxSize> readySize) {
    /** Returns a remark for the user if the machine had to be started because another size is kept ready. */
    public Optional<String> sizeRemark() {
        return readySize
                .filter(ready -> ready != size)
                .map(ready -> "the daemon keeps machines of size " + ready.label() + " ready, not " + size.label()
                        + "; without --size a program starts sooner");
    }
}
