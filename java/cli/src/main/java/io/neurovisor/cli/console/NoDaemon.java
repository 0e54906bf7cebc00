package io.neurovisor.cli.console;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import picocli.CommandLine.Model.CommandSpec;

/** The end of a command whose daemon does not answer. */
public final class NoDaemon {
    private NoDaemon() {}

    /** Reports that no daemon answers, and returns the exit code; throws every other failure again. */
    public static int reported(NeuroVisorException exception, CommandSpec command) {
        if (exception.fault() != Fault.DAEMON_MISSING) {
            throw exception;
        }
        command.commandLine().getErr().println("neurovisor: " + exception.getMessage());
        return ExitCode.NO_DAEMON;
    }
}
