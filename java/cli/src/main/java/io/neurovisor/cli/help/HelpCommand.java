package io.neurovisor.cli.help;

import static java.util.Objects.requireNonNull;

import io.neurovisor.cli.console.KnownName;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows the help of a command. */
@Command(
        name = "help",
        description = "Shows the commands, or the options of one command.",
        mixinStandardHelpOptions = true)
public final class HelpCommand implements Runnable {
    @Parameters(paramLabel = "COMMAND", arity = "0..*", description = "A command, such as run or image build.")
    private List<String> names = List.of();

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        CommandLine command = spec.root().commandLine();
        for (String name : names) {
            Map<String, CommandLine> known = command.getSubcommands();
            List<String> shown = known.entrySet().stream()
                    .filter(entry ->
                            !entry.getValue().getCommandSpec().usageMessage().hidden())
                    .map(Map.Entry::getKey)
                    .toList();
            command = requireNonNull(known.get(KnownName.of(name, "command", shown, spec)));
        }
        command.usage(spec.commandLine().getOut(), command.getColorScheme());
    }
}
