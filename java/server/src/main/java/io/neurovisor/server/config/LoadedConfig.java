package io.neurovisor.server.config;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A configuration with its history.
 *
 * @param config usable only when there are no problems
 * @param file the file that was read; empty when there is none
 * @param values where each value comes from
 * @param problems everything that is wrong in any source, a line each
 */
public record LoadedConfig(Config config, Optional<Path> file, List<EffectiveValue> values, List<String> problems) {
    /** Names the file; not a setting, because a file cannot name itself. */
    public static final String FILE_VARIABLE = "NEUROVISOR_CONFIG";

    public LoadedConfig {
        requireNonNull(config, "config is null");
        requireNonNull(file, "file is null");
        values = List.copyOf(values);
        problems = List.copyOf(problems);
    }

    /**
     * Reads all sources.
     *
     * @param flags what the command line says, by setting's name
     * @param file the file that the command line names
     */
    public static LoadedConfig load(Map<String, String> flags, Optional<Path> file, ProcessEnvironment environment) {
        Optional<Path> location = file.or(() -> named(environment)).or(() -> standard(environment));
        ConfigFile content = location.map(ConfigFile::read).orElse(ConfigFile.NONE);
        SettingValues values = new SettingValues(flags, environment, content);
        Config config = Config.of(values);
        List<String> problems = new ArrayList<>(content.problems());
        problems.addAll(values.problems());
        if (config.warm() > config.max()) {
            problems.add("%s is more than %s; use a warm of at most max"
                    .formatted(values.shown(Setting.WARM), values.shown(Setting.MAX)));
        }
        return new LoadedConfig(config, location, values.chosen(), problems);
    }

    /** Whether nobody has set it. */
    public boolean isDefault(Setting<?> setting) {
        return values.stream()
                .anyMatch(value ->
                        value.setting().equals(setting) && value.origin().equals(EffectiveValue.DEFAULT));
    }

    /** Whether the command line sets it. */
    public boolean isFlagged(Setting<?> setting) {
        return values.stream()
                .anyMatch(value ->
                        value.setting().equals(setting) && value.origin().equals(setting.flag()));
    }

    /** Where the file is looked for when nobody names one. */
    public static Path standardFile(ProcessEnvironment environment) {
        return environment.directory("XDG_CONFIG_HOME", ".config").resolve("neurovisor/config.yaml");
    }

    private static Optional<Path> named(ProcessEnvironment environment) {
        return environment.variable(FILE_VARIABLE).map(Path::of);
    }

    private static Optional<Path> standard(ProcessEnvironment environment) {
        // A link that leads nowhere, or a file that cannot be read, is a mistake to be told and not a missing file.
        return Optional.of(standardFile(environment))
                .filter(path -> java.nio.file.Files.exists(path, java.nio.file.LinkOption.NOFOLLOW_LINKS));
    }
}
