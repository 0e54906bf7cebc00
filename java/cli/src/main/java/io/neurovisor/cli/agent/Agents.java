package io.neurovisor.cli.agent;

import io.neurovisor.agent.loop.AgentRun;
import io.neurovisor.agent.loop.CodeRunner;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.console.StandardStreams;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.server.agent.AgentCodeRunner;
import io.neurovisor.server.agent.AgentModels;
import java.io.PrintWriter;
import java.util.function.BiFunction;
import java.util.function.IntSupplier;

/** Shared parts of the commands that let a language model work with programs. */
public final class Agents {
    private Agents() {}

    /** Returns an agent whose programs run as the options say. */
    public static AgentRun agent(
            Model model, BiFunction<ExecutionRequest, OutputSink, ExecutionResult> executions, GuestOptions guest) {
        return new AgentRun(model, runner(executions, guest), AgentModels.limits(guest.config()));
    }

    static CodeRunner runner(BiFunction<ExecutionRequest, OutputSink, ExecutionResult> executions, GuestOptions guest) {
        return new AgentCodeRunner(
                executions, guest.size(), guest.config().execution().timeout(), guest.requestedImage());
    }

    /** Does the work and returns its exit code. A failure is printed. */
    public static int exitCode(PrintWriter err, IntSupplier work) {
        try {
            return work.getAsInt();
        } catch (StandardStreams.Closed closed) {
            return ExitCode.OUTPUT_CLOSED;
        } catch (ModelFailure failure) {
            err.println("neurovisor: " + failure.explanation());
            return ExitCode.MODEL_FAILED;
        } catch (NeuroVisorException exception) {
            err.println("neurovisor: " + exception.getMessage());
            int code = exception.fault() == Fault.IN_USE ? ExitCode.USAGE : ExitCode.of(exception);
            return code == ExitCode.FAILED ? ExitCode.SANDBOX_FAILED : code;
        }
    }
}
