package io.neurovisor.server.client;

import io.neurovisor.engine.execution.ExecutionResult;

/**
 * The result of an execution by a daemon.
 *
 * @param vmm the VMM of the guest: {@code qemu} or {@code firecracker}
 * @param accelerator {@code kvm}, or {@code tcg} for emulation, which is not a security boundary
 * @param vmmReason why this VMM was selected
 */
public record DaemonResult(
        ExecutionResult result, String vmm, String vmmVersion, String accelerator, String vmmReason) {}
