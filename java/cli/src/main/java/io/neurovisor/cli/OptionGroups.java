package io.neurovisor.cli;

import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.cli.options.ImageBuildOptions;
import io.neurovisor.cli.options.KernelOption;
import io.neurovisor.cli.options.ModelOptions;
import io.neurovisor.cli.options.VmmOptions;
import io.neurovisor.cli.run.ProgramOptions;
import io.neurovisor.cli.run.RunCommand;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Help;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.OptionSpec;

/** Shows the options of a command in groups: first its own options, last those of all commands. */
final class OptionGroups implements IHelpSectionRenderer {
    private static final String OWN = "Options";
    private static final String GENERAL = "General";
    private static final Map<Class<?>, String> HEADINGS = Map.of(
            ProgramOptions.class, "Program",
            RunCommand.class, "Limits and results",
            GuestOptions.class, "Virtual machine",
            KernelOption.class, "Virtual machine",
            VmmOptions.class, "Virtual machine",
            ImageBuildOptions.class, "Virtual machine",
            ModelOptions.class, "Model",
            CommonOptions.class, GENERAL);
    private static final List<String> ORDER =
            List.of("Program", "Limits and results", OWN, "Model", "Virtual machine", GENERAL);

    @Override
    public String render(Help help) {
        Map<String, List<OptionSpec>> groups = new LinkedHashMap<>();
        ORDER.forEach(heading -> groups.put(heading, new ArrayList<>()));
        for (OptionSpec option : help.commandSpec().options()) {
            groups.getOrDefault(heading(option), List.of()).add(option);
        }
        StringBuilder text = new StringBuilder();
        groups.forEach((heading, options) -> {
            if (!options.isEmpty()) {
                text.append(help.createHeading("%n" + heading + ":%n")).append(list(help, options));
            }
        });
        return text.toString();
    }

    private static String heading(OptionSpec option) {
        if (option.usageHelp() || option.versionHelp()) {
            return GENERAL;
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
