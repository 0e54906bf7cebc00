package io.neurovisor.cli.help;

import static java.util.Objects.requireNonNull;
import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_COMMAND_LIST;
import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_COMMAND_LIST_HEADING;
import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_DESCRIPTION;
import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_OPTION_LIST;
import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_PARAMETER_LIST;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.IHelpSectionRenderer;

/** The layout of the help of every command. */
public final class HelpPages {
    private static final int COLUMN = 15;

    private HelpPages() {}

    /**
     * Lays out the help of a command.
     *
     * @param groups headings with the names of their commands; commands without a heading are listed together
     */
    public static void format(CommandLine command, Map<String, List<String>> groups) {
        OptionGroups.addTo(command.getCommandSpec());
        command.getCommandSpec().usageMessage().abbreviateSynopsis(true);
        Map<String, IHelpSectionRenderer> sections = command.getHelpSectionMap();
        sections.put(SECTION_KEY_DESCRIPTION, HelpPages::description);
        sections.put(SECTION_KEY_PARAMETER_LIST, OptionGroups::parameters);
        sections.put(SECTION_KEY_OPTION_LIST, OptionGroups::render);
        sections.put(SECTION_KEY_COMMAND_LIST_HEADING, _ -> "");
        sections.put(SECTION_KEY_COMMAND_LIST, help -> commands(help, groups));
    }

    private static String description(Help help) {
        return Stream.of(help.commandSpec().usageMessage().description())
                .flatMap(paragraph -> HelpText.lines(
                        paragraph, help.commandSpec().usageMessage().width())
                        .stream())
                .map(line -> line + System.lineSeparator())
                .collect(Collectors.joining());
    }

    private static String commands(Help help, Map<String, List<String>> groups) {
        Map<String, Help> commands = new LinkedHashMap<>(help.subcommands());
        commands.values()
                .removeIf(command -> command.commandSpec().usageMessage().hidden());
        StringBuilder text = new StringBuilder();
        groups.forEach((heading, names) -> {
            if (commands.keySet().containsAll(names)) {
                text.append(help.createHeading("%n" + heading + ":%n"));
                names.forEach(name -> text.append(command(name, requireNonNull(commands.remove(name)))));
            }
        });
        if (!commands.isEmpty()) {
            text.append(help.createHeading("%nCommands:%n"));
            commands.forEach((name, command) -> text.append(command(name, command)));
        }
        return text.toString();
    }

    private static String command(String name, Help help) {
        return HelpText.entry(
                help.colorScheme().commandText(name).toString(),
                name,
                help.commandSpec().usageMessage().description()[0],
                COLUMN,
                help.commandSpec().usageMessage().width());
    }
}
