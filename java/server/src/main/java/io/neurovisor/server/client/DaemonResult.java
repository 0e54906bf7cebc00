package io.neurovisor.server.client;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.execution.ExecutionResult;

/**
 * How an execution by a daemon ended.
 *
 * @param vmm what has run the guest: {@code qemu} or {@code firecracker}
 * @param accelerator {@code kvm}, or {@code tcg} for emulation, which is not a security boundary
 * @param vmmReason why it was this one, in words
 */
public record DaemonResult(
        ExecutionResult result, String vmm, String vmmVersion, String accelerator, String vmmReason) {
    public DaemonResult {
        requireNonNull(result, "result is null");
        requireNonNull(vmm, "vmm is null");
        requireNonNull(vmmVersion, "vmmVersion is null");
        requireNonNull(accelerator, "accelerator is null");
        requireNonNull(vmmReason, "vmmReason is null");
    }
}
