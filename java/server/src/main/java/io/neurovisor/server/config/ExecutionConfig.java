package io.neurovisor.server.config;

import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingGroup;
import io.neurovisor.server.setting.SettingType;
import io.neurovisor.server.setting.SettingValues;
import java.time.Duration;

/**
 * The time limits of programs.
 *
 * @param timeout the limit of a program whose request sets none
 * @param timeoutMax the longest limit that a client of the daemon may ask for
 */
public record ExecutionConfig(Duration timeout, Duration timeoutMax) {
    public static final Setting<Duration> TIMEOUT = Setting.declare(
                    "timeout",
                    SettingGroup.TIMEOUT,
                    "Kill a program after this time: seconds, or 90s, 5m, 2h; 1s to 24h. In serve this applies to"
                            + " requests without a time-out.")
            .defaultsTo("30s")
            .as(SettingType.TIME);

    public static final Setting<Duration> TIMEOUT_MAX = Setting.declare(
                    "timeout-max", SettingGroup.CALLS, "The longest time-out that a request may ask for, 1s to 24h.")
            .defaultsTo("1h")
            .as(SettingType.TIME);

    static ExecutionConfig of(SettingValues values) {
        return new ExecutionConfig(values.get(TIMEOUT), values.get(TIMEOUT_MAX));
    }
}
