package io.neurovisor.cli;

import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.console.Failures;
import io.neurovisor.cli.console.Logging;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.cli.options.SettingOptions;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.setting.ProcessEnvironment;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionStrategy;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;

/**
 * Reads the settings of the selected command, then runs it. If settings or arguments are wrong, all problems are reported
 * together and the command is not run.
 */
record CheckedExecution(ProcessEnvironment environment) implements IExecutionStrategy {
    @Override
    public int execute(ParseResult parsed) {
        List<ParseResult> chain = new ArrayList<>(List.of(parsed));
        while (chain.getLast().hasSubcommand()) {
            chain.add(chain.getLast().subcommand());
        }
        if (chain.stream().anyMatch(result -> result.isUsageHelpRequested() || result.isVersionHelpRequested())) {
            return new RunLast().execute(parsed);
        }
        List<String> problems = new ArrayList<>();
        chain.forEach(result -> problems.addAll(problems(result)));
        if (problems.isEmpty()) {
            missingCommand(chain.getLast().commandSpec()).ifPresent(problems::add);
        }
        Optional<CommonOptions> shared = commonOptions(chain.getLast().commandSpec());
        shared.ifPresent(common -> {
            Map<String, String> options = common.withQuiet(SettingOptions.values(chain.getLast()));
            LoadedConfig loaded = common.accept(() -> LoadedConfig.load(options, common.configFile(), environment));
            problems.addAll(loaded.problems());
            Logging.start(loaded.config().log());
        });
        return problems.isEmpty()
                ? new RunLast().execute(parsed)
                : refuse(problems, chain.getLast().commandSpec().commandLine());
    }

    /** Returns the problems of the arguments. Of several reports of missing ones, the first names all of them. */
    private static List<String> problems(ParseResult parsed) {
        Stream<Exception> first = parsed.errors().stream()
                .filter(MissingParameterException.class::isInstance)
                .limit(1);
        return Stream.concat(
                        first, parsed.errors().stream().filter(error -> !(error instanceof MissingParameterException)))
                .map(Failures::message)
                .toList();
    }

    /** Returns the problem of a command that only groups others. */
    private static Optional<String> missingCommand(CommandSpec selected) {
        if (selected.subcommands().isEmpty() || selected.userObject() instanceof Callable) {
            return Optional.empty();
        }
        List<String> names = selected.subcommands().entrySet().stream()
                .filter(command ->
                        !command.getValue().getCommandSpec().usageMessage().hidden())
                .map(Map.Entry::getKey)
                .toList();
        return Optional.of("a command is missing: " + String.join(", ", names));
    }

    private static int refuse(List<String> problems, CommandLine command) {
        PrintWriter err = command.getErr();
        problems.forEach(problem -> err.println("neurovisor: " + problem));
        err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        return ExitCode.USAGE;
    }

    /** Returns empty for a command that needs no settings, which must not fail because of a broken settings file. */
    private static Optional<CommonOptions> commonOptions(CommandSpec spec) {
        for (CommandSpec mixin : spec.mixins().values()) {
            if (mixin.userObject() instanceof CommonOptions common) {
                return Optional.of(common);
            }
            Optional<CommonOptions> deeper = commonOptions(mixin);
            if (deeper.isPresent()) {
                return deeper;
            }
        }
        return Optional.empty();
    }
}
