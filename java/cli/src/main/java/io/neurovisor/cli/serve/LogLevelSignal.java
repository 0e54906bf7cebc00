package io.neurovisor.cli.serve;

import io.neurovisor.cli.console.Logging;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.config.LogConfig;
import io.neurovisor.server.config.LogLevel;
import io.neurovisor.server.setting.EffectiveValue;
import java.util.Locale;
import java.util.function.Supplier;
import org.jline.utils.Signals;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Rereads the settings on SIGHUP. A running server follows the log level. */
final class LogLevelSignal {
    private static final Logger LOG = LoggerFactory.getLogger(LogLevelSignal.class);

    private final Supplier<LoadedConfig> sources;

    private LogLevelSignal(Supplier<LoadedConfig> sources) {
        this.sources = sources;
    }

    static void take(Supplier<LoadedConfig> sources) {
        Signals.register("HUP", new LogLevelSignal(sources)::received);
    }

    private void received() {
        LoadedConfig loaded = sources.get();
        if (!loaded.problems().isEmpty()) {
            loaded.problems()
                    .forEach(problem ->
                            LOG.error("the settings stay as they are, because the new ones are wrong: {}", problem));
            return;
        }
        LogLevel level = loaded.config().log().level();
        Logging.level(level);
        // A warning, so that it is visible at every level except error.
        LOG.warn("the log level is now {}, set by {}", level.name().toLowerCase(Locale.ROOT), origin(loaded));
    }

    private static String origin(LoadedConfig loaded) {
        return loaded.values().stream()
                .filter(value -> value.setting().equals(LogConfig.LOG_LEVEL))
                .map(EffectiveValue::origin)
                .findFirst()
                .orElseThrow();
    }
}
