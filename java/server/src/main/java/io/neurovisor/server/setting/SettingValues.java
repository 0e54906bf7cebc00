package io.neurovisor.server.setting;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads settings from option, environment, file and default, in this order of precedence. Values that another source
 * overrides are checked too, so that all problems are reported together.
 */
public final class SettingValues {
    private static final String HOME = "~/";

    private final Map<String, String> options;
    private final ProcessEnvironment environment;
    private final ConfigFile file;
    private final List<EffectiveValue> chosen = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();

    private record SourceText(String origin, String text, boolean fromFile) {}

    public SettingValues(Map<String, String> options, ProcessEnvironment environment, ConfigFile file) {
        this.options = Map.copyOf(options);
        this.environment = environment;
        this.file = file;
    }

    /** Returns the defaults of all settings, as in an empty environment. */
    public static SettingValues defaults() {
        return new SettingValues(Map.of(), new ProcessEnvironment(Map.of(), Path.of("/")), ConfigFile.NONE);
    }

    /** Returns the value of a setting, and records a problem for each source whose text is not allowed. */
    public <T> T get(Setting<T> setting) {
        T first = null;
        for (SourceText source : sources(setting)) {
            Optional<T> value = read(setting, source);
            if (value.isPresent() && first == null) {
                first = value.get();
                chosen.add(new EffectiveValue(setting, setting.print(first), source.origin()));
            }
        }
        if (first != null) {
            return first;
        }
        T standard = setting.defaultValue().apply(environment);
        chosen.add(new EffectiveValue(setting, setting.print(standard), EffectiveValue.DEFAULT));
        return standard;
    }

    /** Returns name, value and origin of a setting for a message, such as {@code warm 3 (default)}. */
    public String describe(Setting<?> setting) {
        return chosen.stream()
                .filter(value -> value.setting().equals(setting))
                .map(value -> "%s %s (%s)".formatted(setting.name(), value.value(), value.origin()))
                .findFirst()
                .orElse(setting.name());
    }

    /** Returns the values of the settings that were read, in the order of the reads. */
    public List<EffectiveValue> chosen() {
        return List.copyOf(chosen);
    }

    public List<String> problems() {
        return List.copyOf(problems);
    }

    /** Returns the texts of all sources in the order of precedence. */
    private List<SourceText> sources(Setting<?> setting) {
        List<SourceText> sources = new ArrayList<>();
        String option = options.get(setting.name());
        if (option != null) {
            sources.add(new SourceText(setting.flag(), option, false));
        }
        environment
                .variable(setting.variable())
                .ifPresent(text -> sources.add(new SourceText(setting.variable(), text, false)));
        file.entry(setting.name()).ifPresent(entry -> sources.add(new SourceText(entry.origin(), entry.value(), true)));
        return sources;
    }

    private <T> Optional<T> read(Setting<T> setting, SourceText source) {
        String subject = source.fromFile() ? source.origin() + ": " + setting.name() : source.origin();
        String text = source.text();
        boolean isPath = setting.type().equals(SettingType.PATH);
        if (isPath && text.startsWith(HOME)) {
            text = environment.userHome() + "/" + text.substring(HOME.length());
        }
        if (isPath && source.fromFile() && !text.startsWith("/")) {
            // A relative path would depend on the directory in which NeuroVisor is started.
            problems.add(
                    subject + ": \"" + Excerpt.of(text) + "\" is not allowed; use a path that begins with / or ~/");
            return Optional.empty();
        }
        Optional<T> value = setting.type().parser().apply(text);
        if (value.isEmpty()) {
            problems.add(ServiceLinks.explain(source.origin(), text)
                    .orElse(subject + ": \"" + Excerpt.of(text) + "\" is not allowed; use "
                            + setting.type().allowed()));
        }
        return value;
    }
}
