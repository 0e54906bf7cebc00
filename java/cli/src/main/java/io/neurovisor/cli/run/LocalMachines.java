package io.neurovisor.cli.run;

import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.server.Listeners;

/** Machines of a command that no daemon serves. Closing them stops all of them. */
public interface LocalMachines extends AutoCloseable {
    @FunctionalInterface
    interface Opening {
        LocalMachines open(GuestOptions guest, ConsoleProgress progress, Listeners listeners);
    }

    /** Builds the missing images and templates of a request. */
    void prepare(ExecutionRequest request);

    /** Runs the request's program in a machine that is killed before this returns. */
    ExecutionResult execute(ExecutionRequest request, OutputSink sink);

    RunOrigin origin();

    @Override
    void close();
}
