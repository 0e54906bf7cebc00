package io.neurovisor.cli.console;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.setting.NearestName;
import java.io.PrintWriter;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Prints a failure as one line on stderr, with the stack trace if {@code --debug} is set. */
public final class Failures {
    private Failures() {}

    public static int usage(ParameterException exception, String[] arguments) {
        CommandLine command = exception.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("neurovisor: " + message(exception));
        err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        return ExitCode.USAGE;
    }

    /** Returns one line that says what is wrong with the command line. */
    public static String message(Exception exception) {
        String message = String.valueOf(exception.getMessage()).replaceAll("\\R", " ");
        if (!(exception instanceof UnmatchedArgumentException unmatched)) {
            return message;
        }
        boolean isCommand = !unmatched.getCommandLine().getSubcommands().isEmpty();
        return message.replaceFirst(
                        "^Unmatched arguments? (at|from) index \\d+:",
                        isCommand ? "unknown command" : "unexpected argument")
                + nearest(unmatched).map(name -> "; did you mean " + name + "?").orElse("");
    }

    private static Optional<String> nearest(UnmatchedArgumentException unmatched) {
        CommandSpec command = unmatched.getCommandLine().getCommandSpec();
        String written = unmatched.getUnmatched().getFirst();
        Stream<String> known = written.startsWith("-")
                ? command.options().stream().map(OptionSpec::longestName)
                : command.subcommands().entrySet().stream()
                        .filter(subcommand -> !subcommand
                                .getValue()
                                .getCommandSpec()
                                .usageMessage()
                                .hidden())
                        .map(Map.Entry::getKey);
        return NearestName.of(written, known.toList());
    }

    public static int execution(Exception exception, CommandLine command, ParseResult parsed) {
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
