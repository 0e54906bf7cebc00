package io.neurovisor.cli.options;

import io.neurovisor.server.config.Config;
import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingGroup;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The options of settings, which are derived from the declarations of the settings. */
public final class SettingOptions {
    private SettingOptions() {}

    /** Adds the options of the settings that a command accepts. */
    public static void addTo(CommandSpec command) {
        for (SettingGroup group : groups(command)) {
            Config.SETTINGS.stream()
                    .filter(setting -> setting.group() == group)
                    .forEach(setting -> command.addOption(option(setting)));
        }
    }

    /** Returns the values on the command line, by the names of settings. */
    public static Map<String, String> values(ParseResult parsed) {
        Map<String, String> values = new HashMap<>();
        for (OptionSpec option : parsed.matchedOptions()) {
            if (option.userObject() instanceof Setting<?> setting && option.getValue() instanceof String value) {
                values.put(setting.name(), value);
            }
        }
        return values;
    }

    private static List<SettingGroup> groups(CommandSpec command) {
        List<SettingGroup> groups = new ArrayList<>();
        command.mixins().values().forEach(mixin -> groups.addAll(groups(mixin)));
        AnnotatedElement declaration = command.userObject() instanceof Method method
                ? method
                : command.userObject().getClass();
        Optional.ofNullable(declaration.getAnnotation(AcceptsSettings.class))
                .ifPresent(accepted -> groups.addAll(List.of(accepted.value())));
        return groups;
    }

    private static OptionSpec option(Setting<?> setting) {
        OptionSpec.Builder option = OptionSpec.builder(setting.flag())
                .userObject(setting)
                .type(String.class)
                .arity("1")
                .paramLabel(setting.type().label())
                .description("%s Default: %s. Environment: %s."
                        .formatted(setting.description(), setting.defaultText(), setting.variable()));
        if (!setting.type().candidates().isEmpty()) {
            option.completionCandidates(setting.type().candidates());
        }
        setting.bareValue().ifPresent(value -> option.arity("0..1").fallbackValue(value));
        return option.build();
    }
}
