package io.neurovisor.server.config;

import io.neurovisor.server.setting.DataSize;
import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingGroup;
import io.neurovisor.server.setting.SettingType;
import io.neurovisor.server.setting.SettingValues;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The limits of what is kept on disk; an empty one is no limit.
 *
 * @param auditMax the size of all files of the audit log
 * @param cacheMax the size of all images, kernels and templates
 * @param sessionsMaxAge the time since a session was last used
 */
public record RetentionConfig(
        Optional<DataSize> auditMax, Optional<DataSize> cacheMax, Optional<Duration> sessionsMaxAge) {
    /** A smaller limit would remove the audit log's lines soon after they are written. */
    private static final long MIN_LOG_BYTES = 1 << 20;

    public static final Setting<Optional<DataSize>> AUDIT_MAX = Setting.declare(
                    "audit-max",
                    SettingGroup.ACCESS,
                    "Maximum size of all files of the audit log, such as 2G; the oldest file is removed first.")
            .defaultsTo("100M")
            .as(SettingType.optional(
                    "off",
                    new SettingType<>(
                            "SIZE",
                            "a size of at least 1M, such as 100M or 2G",
                            List.of(),
                            text -> DataSize.parse(text).filter(size -> size.bytes() >= MIN_LOG_BYTES),
                            DataSize::toString)));

    public static final Setting<Optional<DataSize>> CACHE_MAX = Setting.declare(
                    "cache-max",
                    SettingGroup.RETENTION,
                    "Maximum size of images, kernels and templates on disk, such as 20G.")
            .defaultsTo("off", "no limit")
            .as(SettingType.optional("off", SettingType.SIZE));

    public static final Setting<Optional<Duration>> SESSIONS_MAX_AGE = Setting.declare(
                    "sessions-max-age",
                    SettingGroup.RETENTION,
                    "How long an unused session is kept, such as 7d; off keeps all sessions.")
            .defaultsTo("30d")
            .as(SettingType.optional("off", SettingType.DAYS));

    static RetentionConfig of(SettingValues values) {
        return new RetentionConfig(values.get(AUDIT_MAX), values.get(CACHE_MAX), values.get(SESSIONS_MAX_AGE));
    }
}
