package io.neurovisor.engine.machine;

import io.neurovisor.engine.vm.BlockedAttempt;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import java.util.List;

/** Passes each event to several listeners in their order. */
public record MachineListeners(List<MachineListener> all) implements MachineListener {
    public MachineListeners {
        all = List.copyOf(all);
    }

    @Override
    public void begun(Vm vm) {
        all.forEach(listener -> listener.begun(vm));
    }

    @Override
    public void ready(Machine machine) {
        all.forEach(listener -> listener.ready(machine));
    }

    @Override
    public void blocked(VmId id, BlockedAttempt attempt) {
        all.forEach(listener -> listener.blocked(id, attempt));
    }

    @Override
    public void ended(VmId id, MachineEnd end) {
        all.forEach(listener -> listener.ended(id, end));
    }
}
