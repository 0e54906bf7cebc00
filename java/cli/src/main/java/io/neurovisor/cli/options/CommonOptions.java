package io.neurovisor.cli.options;

import static java.util.Objects.requireNonNull;

import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.host.guestkernel.Kernels;
import io.neurovisor.host.image.Images;
import io.neurovisor.host.template.FileTemplateStore;
import io.neurovisor.server.InstalledComponents;
import io.neurovisor.server.Settings;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.config.LogConfig;
import io.neurovisor.server.config.LogLevel;
import io.neurovisor.server.setting.SettingGroup;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The options of every command that works with the data directory. {@link #accept} reads its
 * configuration before the command runs.
 */
@AcceptsSettings(SettingGroup.GENERAL)
public final class CommonOptions {
    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The file of settings. Default: $XDG_CONFIG_HOME/neurovisor/config.yaml or"
                    + " ~/.config/neurovisor/config.yaml, if it is there. Environment: NEUROVISOR_CONFIG.")
    private @Nullable Path configFile;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print only errors: no progress, no notes.")
    private boolean quiet;

    @SuppressWarnings("UnusedVariable") // Failures asks picocli whether it was given.
    @Option(names = "--debug", description = "Show the stack trace of a failure.")
    private boolean debug;

    private @Nullable LoadedConfig loaded;
    private Supplier<LoadedConfig> sources = this::loaded;

    public Optional<Path> configFile() {
        return Optional.ofNullable(configFile);
    }

    /** Adds the setting that {@code --quiet} stands for, so that it applies to every line of every process. */
    public Map<String, String> withQuiet(Map<String, String> options) {
        if (!quiet) {
            return options;
        }
        Map<String, String> quieted = new HashMap<>(options);
        quieted.put(LogConfig.LOG_LEVEL.name(), LogConfig.LOG_LEVEL.print(LogLevel.ERROR));
        return quieted;
    }

    /** Reads the settings, and keeps their sources for {@link #reread}. */
    public LoadedConfig accept(Supplier<LoadedConfig> reader) {
        sources = reader;
        loaded = reader.get();
        return loaded;
    }

    /** Returns the present settings of all sources; {@link #config} does not change. */
    public LoadedConfig reread() {
        return sources.get();
    }

    public LoadedConfig loaded() {
        return requireNonNull(loaded, "settings are read before a command runs");
    }

    public Config config() {
        return loaded().config();
    }

    public Settings settings() {
        return new Settings(home(), config());
    }

    public Images images() {
        return InstalledComponents.images(settings());
    }

    public FileTemplateStore templates() {
        return InstalledComponents.templates(settings());
    }

    public Kernels kernels() {
        return InstalledComponents.kernels(settings());
    }

    /** Returns whether only errors are printed: with {@code --quiet} as with {@code --log-level error}. */
    public boolean isQuiet() {
        return config().log().level() == LogLevel.ERROR;
    }

    /** Prints a line for the user, unless {@code --quiet} is set. */
    public void tell(PrintWriter err, String line) {
        if (!isQuiet()) {
            err.println("neurovisor: " + line);
            err.flush();
        }
    }

    public ConsoleProgress progress() {
        return new ConsoleProgress(isQuiet());
    }

    /** Returns arguments that give another run of this program the same data directory and file of settings. */
    public List<String> arguments() {
        List<String> dataDirectory = List.of("--data-dir", config().dataDir().toString());
        return loaded().file()
                .map(file -> List.of(
                        "--data-dir",
                        config().dataDir().toString(),
                        "--config",
                        file.toAbsolutePath().toString()))
                .orElse(dataDirectory);
    }

    /** Returns the root of the repository, which the launcher sets. */
    public static Path home() {
        return Path.of(System.getProperty("neurovisor.home", "."));
    }
}
