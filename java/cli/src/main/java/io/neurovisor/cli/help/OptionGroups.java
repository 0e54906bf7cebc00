package io.neurovisor.cli.help;

import static java.util.Objects.requireNonNull;

import io.neurovisor.cli.admin.SetupCommand;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.cli.run.ProgramOptions;
import io.neurovisor.cli.run.RunCommand;
import io.neurovisor.server.config.VmmConfig;
import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingGroup;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi.Text;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * Shows the options of a command in groups: first its own options, last those of all commands. {@code --help} shows the
 * options that most users need, {@code --help-all} all of them with their environment variables.
 */
final class OptionGroups {
    static final String ALL = "--help-all";

    private static final int COLUMN = 26;
    private static final String OWN = "Options";
    private static final String GENERAL = "General";
    private static final String MACHINE = "Virtual machine";
    private static final Map<Class<?>, String> HEADINGS = Map.of(
            ProgramOptions.class, "Program",
            RunCommand.class, "Limits and results",
            CommonOptions.class, GENERAL);
    private static final Map<SettingGroup, String> SETTING_HEADINGS = Map.of(
            SettingGroup.GENERAL, GENERAL,
            SettingGroup.IMAGE, MACHINE,
            SettingGroup.KERNEL, MACHINE,
            SettingGroup.VMM, MACHINE,
            SettingGroup.IMAGE_BUILD, MACHINE,
            SettingGroup.MACHINE, MACHINE,
            SettingGroup.MODEL, "Model");
    private static final List<String> ORDER = List.of("Program", "Limits and results", OWN, "Model", MACHINE, GENERAL);

    /** The settings that {@code --help} shows. */
    private static final Set<String> NEEDED = Set.of(
            "image",
            "size",
            "timeout",
            "warm",
            "max",
            "model",
            "base-url",
            "listen",
            "port",
            "metrics-port",
            "tls-cert",
            "tls-key",
            "require-keys",
            "cache-max",
            "sessions-max-age");

    /** The other options that only {@code --help-all} shows. */
    private static final Set<String> SPECIAL = Set.of("--plain", "--config", "--debug");

    private OptionGroups() {}

    /** Adds {@link #ALL} to the program, and to a command that has options which {@code --help} does not show. */
    static void addTo(CommandSpec command) {
        if (command.parent() == null || command.options().stream().anyMatch(option -> !isShown(option))) {
            command.addOption(OptionSpec.builder(ALL)
                    .usageHelp(true)
                    .description("Show all options, with their environment variables.")
                    .build());
        }
    }

    static String render(Help help) {
        Optional<ParseResult> parsed =
                Optional.ofNullable(help.commandSpec().commandLine().getParseResult());
        boolean all = parsed.isPresent() && parsed.get().hasMatchedOption(ALL);
        Map<String, List<OptionSpec>> groups = new LinkedHashMap<>();
        ORDER.forEach(heading -> groups.put(heading, new ArrayList<>()));
        help.commandSpec().options().stream()
                .filter(option -> !option.hidden() && (all || isShown(option)))
                .sorted(Comparator.comparing(option -> !(option.userObject() instanceof Setting<?>)))
                .forEach(option -> requireNonNull(groups.get(heading(option, help.commandSpec())))
                        .add(option));
        StringBuilder text = new StringBuilder();
        groups.forEach((heading, options) -> {
            if (!options.isEmpty()) {
                text.append(help.createHeading("%n" + heading + ":%n"));
                options.forEach(option -> text.append(entry(help, option, names(option), description(option, all))));
            }
        });
        return text.toString();
    }

    static String parameters(Help help) {
        StringBuilder text = new StringBuilder();
        help.commandSpec().positionalParameters().stream()
                .filter(parameter -> !parameter.hidden())
                .forEach(parameter -> text.append(entry(help, parameter, "", description(parameter))));
        return text.isEmpty() ? "" : help.createHeading("%nArguments:%n") + text;
    }

    private static boolean isShown(OptionSpec option) {
        return option.userObject() instanceof Setting<?> setting
                ? NEEDED.contains(setting.name())
                        || (setting.equals(VmmConfig.FIRECRACKER)
                                && option.command().userObject() instanceof SetupCommand)
                : !SPECIAL.contains(option.longestName());
    }

    private static String heading(OptionSpec option, CommandSpec command) {
        if (option.usageHelp() || option.versionHelp()) {
            return GENERAL;
        }
        if (option.userObject() instanceof Setting<?> setting) {
            return setting.group() == SettingGroup.TIMEOUT
                    ? HEADINGS.getOrDefault(command.userObject().getClass(), OWN)
                    : SETTING_HEADINGS.getOrDefault(setting.group(), OWN);
        }
        // An option that is a method parameter has no field.
        return option.userObject() instanceof Field field ? HEADINGS.getOrDefault(field.getDeclaringClass(), OWN) : OWN;
    }

    private static String names(OptionSpec option) {
        String longest = option.longestName();
        String shortest = option.shortestName();
        if (longest.equals(shortest)) {
            return longest.startsWith("--") ? "    " + longest : longest;
        }
        return shortest + ", " + longest;
    }

    private static String description(OptionSpec option, boolean all) {
        String text = description(option);
        return option.userObject() instanceof Setting<?> setting && !all
                ? text.replace(" Environment: " + setting.variable() + ".", "")
                : text;
    }

    private static String description(ArgSpec argument) {
        return String.join(" ", argument.description());
    }

    private static String entry(Help help, ArgSpec argument, String names, String description) {
        Text label = help.parameterLabelRenderer()
                .renderParameterLabel(argument, help.ansi(), help.colorScheme().parameterStyles());
        return HelpText.entry(
                help.colorScheme().optionText(names) + label.toString(),
                names + label.plainString(),
                description,
                COLUMN,
                help.commandSpec().usageMessage().width());
    }
}
