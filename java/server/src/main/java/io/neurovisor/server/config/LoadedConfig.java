package io.neurovisor.server.config;

import io.neurovisor.server.setting.ConfigFile;
import io.neurovisor.server.setting.EffectiveValue;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingValues;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A configuration with the origin of its values.
 *
 * @param config valid only if there are no problems
 * @param file the file that was read
 * @param values each value with its origin
 * @param problems the errors of all sources, one line each
 */
public record LoadedConfig(Config config, Optional<Path> file, List<EffectiveValue> values, List<String> problems) {
    /** The variable that names the file. It is not a setting, because a file cannot name itself. */
    public static final String FILE_VARIABLE = "NEUROVISOR_CONFIG";

    private static final List<String> NAMES =
            Config.SETTINGS.stream().map(Setting::name).toList();

    public LoadedConfig {
        values = List.copyOf(values);
        problems = List.copyOf(problems);
    }

    /**
     * Reads all sources.
     *
     * @param options the values on the command line, by the names of settings
     * @param file the file that the command line names
     */
    public static LoadedConfig load(Map<String, String> options, Optional<Path> file, ProcessEnvironment environment) {
        Optional<Path> location = file.or(() -> named(environment)).or(() -> standard(environment));
        ConfigFile content = location.map(path -> ConfigFile.read(path, NAMES)).orElse(ConfigFile.NONE);
        SettingValues values = new SettingValues(options, environment, content);
        Config config = Config.of(values);
        List<String> problems = new ArrayList<>(content.problems());
        problems.addAll(values.problems());
        problems.addAll(KnownVariables.problems(environment));
        if (config.pool().warm() > config.pool().max()) {
            problems.add("%s is more than %s; use a warm of at most max"
                    .formatted(values.describe(PoolConfig.WARM), values.describe(PoolConfig.MAX)));
        }
        return new LoadedConfig(config, location, values.chosen(), problems);
    }

    /** Returns whether no source sets the setting. */
    public boolean isDefault(Setting<?> setting) {
        return values.stream()
                .anyMatch(value ->
                        value.setting().equals(setting) && value.origin().equals(EffectiveValue.DEFAULT));
    }

    /** Returns whether the command line sets the setting. */
    public boolean isFlagged(Setting<?> setting) {
        return values.stream()
                .anyMatch(value ->
                        value.setting().equals(setting) && value.origin().equals(setting.flag()));
    }

    /** Returns the path of the file where none is named. */
    public static Path standardFile(ProcessEnvironment environment) {
        return environment.directory("XDG_CONFIG_HOME", ".config").resolve("neurovisor/config.yaml");
    }

    private static Optional<Path> named(ProcessEnvironment environment) {
        return environment.variable(FILE_VARIABLE).map(Path::of);
    }

    private static Optional<Path> standard(ProcessEnvironment environment) {
        // A dangling link and an unreadable file are errors to report, unlike a missing file.
        return Optional.of(standardFile(environment)).filter(path -> Files.exists(path, LinkOption.NOFOLLOW_LINKS));
    }
}
