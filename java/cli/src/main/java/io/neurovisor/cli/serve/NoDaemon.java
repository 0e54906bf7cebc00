package io.neurovisor.cli.serve;

import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import picocli.CommandLine.Model.CommandSpec;

/** The end of a command whose daemon does not answer. */
final class NoDaemon {
    private NoDaemon() {}

    /** Reports that no daemon answers, and returns the exit code; throws every other failure again. */
    static int reported(NeuroVisorException exception, CommandSpec command) {
        if (exception.fault() != Fault.DAEMON_MISSING) {
            throw exception;
        }
        command.commandLine().getErr().println("neurovisor: " + exception.getMessage());
        return ExitCode.NO_DAEMON;
    }
}
