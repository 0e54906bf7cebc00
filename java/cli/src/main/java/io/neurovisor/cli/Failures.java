package io.neurovisor.cli;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Turns failures into one line on stderr; the stack trace is for {@code --debug}. */
final class Failures {
    private Failures() {}

    static int usage(ParameterException exception, String[] arguments) {
        CommandLine command = exception.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("neurovisor: " + String.valueOf(exception.getMessage()).replaceAll("\\R", " "));
        err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        return ExitCode.USAGE;
    }

    static int execution(Exception exception, CommandLine command, ParseResult parsed) {
        PrintWriter err = command.getErr();
        if (isDebugging(parsed)) {
            exception.printStackTrace(err);
        }
        if (exception instanceof NeuroVisorException fault) {
            err.println("neurovisor: " + fault.getMessage());
            return ExitCode.of(fault);
        }
        err.println("neurovisor: internal error: " + exception + "; --debug shows where");
        return ExitCode.FAILED;
    }

    private static boolean isDebugging(ParseResult parsed) {
        return parsed.hasMatchedOption("--debug") || (parsed.hasSubcommand() && isDebugging(parsed.subcommand()));
    }
}
