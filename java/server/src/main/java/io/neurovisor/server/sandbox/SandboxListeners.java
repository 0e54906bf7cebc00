package io.neurovisor.server.sandbox;

import io.neurovisor.engine.machine.MachineStep;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.engine.sandbox.report.SandboxListener;
import io.neurovisor.engine.vm.VmId;
import java.util.List;

/** Passes each event to several listeners in their order. */
public record SandboxListeners(List<SandboxListener> all) implements SandboxListener {
    public SandboxListeners {
        all = List.copyOf(all);
    }

    @Override
    public void created(Sandbox sandbox) {
        all.forEach(listener -> listener.created(sandbox));
    }

    @Override
    public void timeoutSet(Sandbox sandbox) {
        all.forEach(listener -> listener.timeoutSet(sandbox));
    }

    @Override
    public void worked(VmId machine, List<MachineStep> steps) {
        all.forEach(listener -> listener.worked(machine, steps));
    }

    @Override
    public void paused(Sandbox sandbox) {
        all.forEach(listener -> listener.paused(sandbox));
    }

    @Override
    public void resumed(Sandbox sandbox) {
        all.forEach(listener -> listener.resumed(sandbox));
    }

    @Override
    public void forked(Sandbox source) {
        all.forEach(listener -> listener.forked(source));
    }

    @Override
    public void ended(SandboxRecord record, SandboxEnd end, String detail) {
        all.forEach(listener -> listener.ended(record, end, detail));
    }
}
