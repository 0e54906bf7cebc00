package io.neurovisor.cli.console;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.setting.NearestName;
import java.io.PrintWriter;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Prints a failure as one line on stderr, with the stack trace if {@code --debug} is set. */
public final class Failures {
    private static final Pattern SHORT_OPTION = Pattern.compile("-[^-](=.*)?");

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
            return message.replaceFirst("^Missing required ", "missing required ")
                    .replaceFirst("^Invalid value for option '(-[^ ']+)'[^:]*: ", "$1: ")
                    .replaceFirst("'(.*)' is not an (?:int|long)$", "\"$1\" is not allowed; use a whole number");
        }
        return unmatched(unmatched, message)
                + nearest(unmatched)
                        .map(name -> "; did you mean " + name + "?")
                        .orElseGet(() -> commandsOfGroup(unmatched));
    }

    private static String unmatched(UnmatchedArgumentException exception, String message) {
        if (exception.isUnknownOption()) {
            return message.replaceFirst("^Unknown options?: ", "unknown option ");
        }
        return exception.getCommandLine().getSubcommands().isEmpty()
                ? message.replaceFirst("^Unmatched arguments? (at|from) index \\d+:", "unexpected argument")
                : "unknown command '%s'"
                        .formatted(exception.getUnmatched().getFirst().replaceAll("\\R", " "));
    }

    /** Returns the known commands of a group, such as {@code image}, but not all commands. */
    private static String commandsOfGroup(UnmatchedArgumentException exception) {
        CommandSpec command = exception.getCommandLine().getCommandSpec();
        return exception.isUnknownOption()
                        || command.parent() == null
                        || command.subcommands().isEmpty()
                ? ""
                : "; known are " + String.join(", ", commands(command).sorted().toList());
    }

    private static Stream<String> commands(CommandSpec command) {
        return command.subcommands().entrySet().stream()
                .filter(subcommand ->
                        !subcommand.getValue().getCommandSpec().usageMessage().hidden())
                .map(Map.Entry::getKey);
    }

    private static Optional<String> nearest(UnmatchedArgumentException unmatched) {
        CommandSpec command = unmatched.getCommandLine().getCommandSpec();
        String written = unmatched.getUnmatched().getFirst();
        if (SHORT_OPTION.matcher(written).matches()) {
            // Each other letter would be as near.
            return Optional.empty();
        }
        Stream<String> known =
                written.startsWith("-") ? command.options().stream().map(OptionSpec::longestName) : commands(command);
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
