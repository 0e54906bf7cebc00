package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.vm.BlockedAttempt;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import java.util.List;

/** Passes each event to several listeners in their order. */
public record SandboxListeners(List<SandboxListener> all) implements SandboxListener {
    public SandboxListeners {
        all = List.copyOf(all);
    }

    @Override
    public void begun(Vm vm) {
        all.forEach(listener -> listener.begun(vm));
    }

    @Override
    public void ready(Sandbox sandbox) {
        all.forEach(listener -> listener.ready(sandbox));
    }

    @Override
    public void blocked(VmId id, BlockedAttempt attempt) {
        all.forEach(listener -> listener.blocked(id, attempt));
    }

    @Override
    public void ended(VmId id, SandboxEnd end) {
        all.forEach(listener -> listener.ended(id, end));
    }
}
