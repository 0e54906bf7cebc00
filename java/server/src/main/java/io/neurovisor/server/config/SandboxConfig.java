package io.neurovisor.server.config;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.setting.DataSize;
import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingGroup;
import io.neurovisor.server.setting.SettingType;
import io.neurovisor.server.setting.SettingValues;
import java.time.Duration;
import java.util.Optional;

/**
 * The sandboxes that clients of the daemon keep.
 *
 * @param limit the most running sandboxes; empty for half of the machines
 * @param timeout the life of a sandbox whose request sets none
 * @param maxPaused the most sandboxes that clients may pause
 * @param disk the limit of the files of all paused sandboxes together
 */
public record SandboxConfig(Optional<Integer> limit, Duration timeout, int maxPaused, DataSize disk) {
    private static final int MOST_PAUSED = 10_000;

    public static final Setting<Optional<Integer>> MAX_SANDBOXES = Setting.declare(
                    "max-sandboxes",
                    SettingGroup.CALLS,
                    "Maximum number of running sandboxes, which are machines of --max; 0 switches the services of sandboxes"
                            + " off.")
            .defaultsTo("auto", "half of --max")
            .as(SettingType.optional("auto", SettingType.count(0, PoolConfig.MAX_MACHINES)));

    public static final Setting<Duration> SANDBOX_TIMEOUT = Setting.declare(
                    "sandbox-timeout",
                    SettingGroup.CALLS,
                    "How long a sandbox lives whose request sets no time-out, 1s to 24h.")
            .defaultsTo("300s")
            .as(SettingType.TIME);

    public static final Setting<Integer> MAX_PAUSED = Setting.declare(
                    "max-paused",
                    SettingGroup.CALLS,
                    "Maximum number of paused sandboxes; the end of the daemon may pause more.")
            .defaultsTo("100")
            .as(SettingType.count(0, MOST_PAUSED));

    public static final Setting<DataSize> SANDBOX_DISK = Setting.declare(
                    "sandbox-disk",
                    SettingGroup.CALLS,
                    "Maximum size of the files of all paused sandboxes and snapshots together.")
            .defaultsTo("20G")
            .as(SettingType.SIZE);

    static SandboxConfig of(SettingValues values) {
        return new SandboxConfig(
                values.get(MAX_SANDBOXES),
                values.get(SANDBOX_TIMEOUT),
                values.get(MAX_PAUSED),
                values.get(SANDBOX_DISK));
    }

    /**
     * Returns the most running sandboxes.
     *
     * @param machines the most machines that exist at a time
     */
    public int maxOf(int machines) {
        return Math.min(machines, limit.orElse(machines / 2));
    }

    /** Throws {@code INVALID_ARGUMENT} if more sandboxes than machines are configured. */
    public void check(int machines) {
        if (limit.orElse(0) > machines) {
            throw NeuroVisorException.invalid(
                    MAX_SANDBOXES.name(),
                    "%s of %d is more than %s of %d; lower the first or raise the second"
                            .formatted(MAX_SANDBOXES.flag(), limit.orElse(0), PoolConfig.MAX.flag(), machines));
        }
    }
}
