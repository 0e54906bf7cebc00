package io.neurovisor.cli.run;

import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.server.Listeners;
import java.util.Optional;

/** The machines of a command that no daemon serves. Closing them ends every one. */
public interface LocalMachines extends AutoCloseable {
    /** Opens them for the options of a command. */
    @FunctionalInterface
    interface Opening {
        LocalMachines open(GuestOptions guest, ConsoleProgress progress, Listeners listeners);
    }

    /** Builds what the request needs and is missing. */
    void prepare(ExecutionRequest request);

    /** Runs the request's program in a machine that is destroyed before this returns. */
    ExecutionResult execute(ExecutionRequest request, OutputSink sink);

    /** Returns which VMM runs them. */
    RunOrigin origin();

    /** Returns why they are emulated; empty where the hardware runs them. */
    Optional<String> emulationReason();

    @Override
    void close();
}
