package io.neurovisor.cli.run;

import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.server.Listeners;
import io.neurovisor.server.NeuroVisor;

/** Machines that this process itself starts. */
record InProcessMachines(NeuroVisor neuroVisor, GuestOptions guest, ConsoleProgress progress) implements LocalMachines {
    static LocalMachines open(GuestOptions guest, ConsoleProgress progress, Listeners listeners) {
        return new InProcessMachines(NeuroVisor.open(guest.settings(), progress, listeners), guest, progress);
    }

    @Override
    public void prepare(ExecutionRequest request) {
        neuroVisor.prepare(request);
        StartupCache.standard().refresh(guest.arguments(), neuroVisor.supervisor(), progress);
    }

    @Override
    public ExecutionResult execute(ExecutionRequest request, OutputSink sink) {
        return neuroVisor.executions().execute(request, sink);
    }

    @Override
    public RunOrigin origin() {
        return RunOrigin.of(neuroVisor);
    }

    @Override
    public void close() {
        neuroVisor.close();
    }
}
