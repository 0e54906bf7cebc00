package io.neurovisor.server.config;

import io.neurovisor.server.setting.EffectiveValue;
import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingGroup;
import io.neurovisor.server.setting.SettingType;
import io.neurovisor.server.setting.SettingValues;
import java.nio.file.Path;
import java.util.List;

/**
 * The configuration, by concern.
 *
 * @param dataDir the directory of images, kernels, templates and everything else that is kept
 */
public record Config(
        Path dataDir,
        GuestConfig guest,
        VmmConfig vmm,
        ExecutionConfig execution,
        PoolConfig pool,
        SandboxConfig sandbox,
        UidConfig uids,
        ModelConfig model,
        AgentConfig agent,
        AccessConfig access,
        DaemonConfig daemon,
        HttpConfig http,
        MetricsConfig metrics,
        TelemetryConfig telemetry,
        RetentionConfig retention,
        LogConfig log) {
    public static final Setting<Path> DATA_DIR = Setting.declare(
                    "data-dir", SettingGroup.GENERAL, "The directory of images, kernels and templates.")
            .defaultsTo("$XDG_DATA_HOME/neurovisor or ~/.local/share/neurovisor")
            .as(
                    SettingType.PATH,
                    environment -> environment
                            .directory("XDG_DATA_HOME", ".local/share")
                            .resolve("neurovisor"));

    /** Every setting, in the order in which the records read them. */
    public static final List<Setting<?>> SETTINGS = settings();

    public Config {
        dataDir = dataDir.toAbsolutePath().normalize();
    }

    static Config of(SettingValues values) {
        return new Config(
                values.get(DATA_DIR),
                GuestConfig.of(values),
                VmmConfig.of(values),
                ExecutionConfig.of(values),
                PoolConfig.of(values),
                SandboxConfig.of(values),
                UidConfig.of(values),
                ModelConfig.of(values),
                AgentConfig.of(values),
                AccessConfig.of(values),
                DaemonConfig.of(values),
                HttpConfig.of(values),
                MetricsConfig.of(values),
                TelemetryConfig.of(values),
                RetentionConfig.of(values),
                LogConfig.of(values));
    }

    /** Reads a configuration without sources and returns the settings that were read, so that none can be missing. */
    private static List<Setting<?>> settings() {
        SettingValues defaults = SettingValues.defaults();
        Config _ = of(defaults);
        return defaults.chosen().stream()
                .<Setting<?>>map(EffectiveValue::setting)
                .toList();
    }
}
