package io.neurovisor.engine.sandbox.checkpoint;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.VmmIdentity;

/**
 * A sandbox that is about to be saved.
 *
 * @param generation the number of machines that it has had
 * @param template the template of which its machine is a clone
 * @param vmm the VMM that runs its machine
 */
public record CheckpointSource(SandboxId sandbox, int generation, SavedVm template, VmmIdentity vmm) {
    public CheckpointSource {
        requireNonNull(sandbox, "sandbox is null");
        requireNonNull(template, "template is null");
        requireNonNull(vmm, "vmm is null");
        if (generation < 0) {
            throw new IllegalArgumentException("generation " + generation);
        }
    }
}
