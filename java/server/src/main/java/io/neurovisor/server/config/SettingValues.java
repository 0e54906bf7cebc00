package io.neurovisor.server.config;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Chooses each setting's value from all that was given for it: flag, environment, file, default. Everything given is looked
 * at, also what another source overrides, so that all problems are told at once.
 */
final class SettingValues {
    private static final String HOME = "~/";

    private final Map<String, String> flags;
    private final ProcessEnvironment environment;
    private final ConfigFile file;
    private final List<EffectiveValue> chosen = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();

    /** One source's word on a setting. */
    private record Given(String origin, String text, boolean fromFile) {}

    /** @param flags by setting's name */
    SettingValues(Map<String, String> flags, ProcessEnvironment environment, ConfigFile file) {
        this.flags = Map.copyOf(flags);
        this.environment = requireNonNull(environment, "environment is null");
        this.file = requireNonNull(file, "file is null");
    }

    /** The default where what was given is not allowed: the problem is remembered, and there may be more. */
    <T> T get(Setting<T> setting) {
        T first = null;
        for (Given given : given(setting)) {
            Optional<T> value = read(setting, given);
            if (value.isPresent() && first == null) {
                first = value.get();
                chosen.add(new EffectiveValue(setting, setting.form().printer().apply(first), given.origin()));
            }
        }
        if (first != null) {
            return first;
        }
        T standard = setting.standard().apply(environment);
        chosen.add(new EffectiveValue(setting, setting.form().printer().apply(standard), EffectiveValue.DEFAULT));
        return standard;
    }

    /** {@code warm 3 (default)}: a setting that was chosen, for a message. */
    String shown(Setting<?> setting) {
        return chosen.stream()
                .filter(value -> value.setting().equals(setting))
                .map(value -> "%s %s (%s)".formatted(setting.name(), value.value(), value.origin()))
                .findFirst()
                .orElse(setting.name());
    }

    List<EffectiveValue> chosen() {
        return List.copyOf(chosen);
    }

    List<String> problems() {
        return List.copyOf(problems);
    }

    /** The strongest first. */
    private List<Given> given(Setting<?> setting) {
        List<Given> given = new ArrayList<>();
        String flag = flags.get(setting.name());
        if (flag != null) {
            given.add(new Given(setting.flag(), flag, false));
        }
        environment
                .variable(setting.variable())
                .ifPresent(text -> given.add(new Given(setting.variable(), text, false)));
        file.entry(setting.name()).ifPresent(entry -> given.add(new Given(entry.origin(), entry.value(), true)));
        return given;
    }

    private <T> Optional<T> read(Setting<T> setting, Given given) {
        String subject = given.fromFile() ? given.origin() + ": " + setting.name() : given.origin();
        String text = given.text();
        if (setting.form().equals(Form.PATH) && text.startsWith(HOME)) {
            text = environment
                    .userHome()
                    .resolve(text.substring(HOME.length()))
                    .toString();
        }
        if (setting.form().equals(Form.PATH) && given.fromFile() && !text.startsWith("/")) {
            // Relative to what? The file is read from wherever NeuroVisor happens to be started.
            problems.add(
                    subject + ": \"" + Shown.text(text) + "\" is not allowed; use a path that begins with / or ~/");
            return Optional.empty();
        }
        Optional<T> value = setting.form().parser().apply(text);
        if (value.isEmpty()) {
            problems.add(subject + ": \"" + Shown.text(text) + "\" is not allowed; use "
                    + setting.form().allowed());
        }
        return value;
    }
}
