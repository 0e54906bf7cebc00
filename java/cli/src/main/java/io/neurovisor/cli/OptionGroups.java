package io.neurovisor.cli;

import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.cli.run.ProgramOptions;
import io.neurovisor.cli.run.RunCommand;
import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingGroup;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Help;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Shows the options of a command in groups: first its own options, last those of all commands. */
final class OptionGroups implements IHelpSectionRenderer {
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

    @Override
    public String render(Help help) {
        Map<String, List<OptionSpec>> groups = new LinkedHashMap<>();
        ORDER.forEach(heading -> groups.put(heading, new ArrayList<>()));
        help.commandSpec().options().stream()
                .sorted(Comparator.comparing(option -> !(option.userObject() instanceof Setting<?>)))
                .forEach(option -> groups.getOrDefault(heading(option, help.commandSpec()), List.of())
                        .add(option));
        StringBuilder text = new StringBuilder();
        groups.forEach((heading, options) -> {
            if (!options.isEmpty()) {
                text.append(help.createHeading("%n" + heading + ":%n")).append(list(help, options));
            }
        });
        return text.toString();
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

    private static String list(Help help, List<OptionSpec> options) {
        Help.Layout layout = help.createDefaultLayout(options, List.of(), help.colorScheme());
        layout.addAllOptions(options, help.createDefaultParamLabelRenderer());
        return layout.toString();
    }
}
