package io.neurovisor.cli;

import io.neurovisor.cli.console.Failures;
import io.neurovisor.cli.help.HelpPages;
import io.neurovisor.cli.options.SettingOptions;
import io.neurovisor.cli.run.Launch;
import io.neurovisor.server.setting.ProcessEnvironment;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import picocli.CommandLine;

/** The entry point of the program. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        System.exit(execute(ImpliedCommand.spelledOut(arguments)));
    }

    static int execute(String[] arguments) {
        return commandLine(ProcessEnvironment.current(), arguments).execute(arguments);
    }

    /**
     * Returns a command line that can execute these arguments; without arguments, one with all commands.
     *
     * @param environment where settings are looked for
     */
    public static CommandLine commandLine(ProcessEnvironment environment, String... arguments) {
        return commandLine(Launch.in(environment), arguments);
    }

    /** Returns a command line with the environment and the streams of {@code launch}. */
    public static CommandLine commandLine(Launch launch, String... arguments) {
        CommandLine commandLine = new CommandLine(new NeuroVisorCommand());
        Commands.addTo(commandLine, launch, List.of(arguments));
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setParameterExceptionHandler(Failures::usage);
        commandLine.setExecutionExceptionHandler(Failures::execution);
        commandLine.setExecutionStrategy(new CheckedExecution(launch.environment()));
        everyCommand(commandLine, command -> {
            SettingOptions.addTo(command.getCommandSpec());
            // Wrong settings are reported together with wrong options.
            command.getCommandSpec().parser().collectErrors(true);
            HelpPages.format(command, command.getParent() == null ? Commands.GROUPS : Map.of());
        });
        return commandLine;
    }

    private static void everyCommand(CommandLine command, Consumer<CommandLine> action) {
        action.accept(command);
        command.getSubcommands().values().forEach(subcommand -> everyCommand(subcommand, action));
    }
}
