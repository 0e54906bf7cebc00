package io.neurovisor.server.config;

import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingGroup;
import io.neurovisor.server.setting.SettingType;
import io.neurovisor.server.setting.SettingValues;

/** The level and format of the log. */
public record LogConfig(LogLevel level, Format format) {
    /** The format of the log. */
    public enum Format {
        /** JSON for a server whose stderr is not a terminal, otherwise text. */
        AUTO,
        /** One line of text for each event. */
        TEXT,
        /** One JSON object on a line for each event. */
        JSON
    }

    public static final Setting<LogLevel> LOG_LEVEL = Setting.declare(
                    "log-level", SettingGroup.GENERAL, "Log events of this level and above.")
            .variable("NEUROVISOR_LOG")
            .defaultsTo("info")
            .as(SettingType.oneOf(LogLevel.values()));

    public static final Setting<Format> LOG_FORMAT = Setting.declare(
                    "log-format", SettingGroup.GENERAL, "The format of the log.")
            .defaultsTo("auto", "json for a server whose stderr is not a terminal, otherwise text")
            .as(SettingType.oneOf(Format.values()));

    static LogConfig of(SettingValues values) {
        return new LogConfig(values.get(LOG_LEVEL), values.get(LOG_FORMAT));
    }
}
