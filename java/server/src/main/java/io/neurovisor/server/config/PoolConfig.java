package io.neurovisor.server.config;

import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingGroup;
import io.neurovisor.server.setting.SettingType;
import io.neurovisor.server.setting.SettingValues;
import java.time.Duration;

/**
 * The pool of virtual machines.
 *
 * @param warm the machines that are kept ready
 * @param max the most machines that exist at a time
 * @param acquireTimeout the longest wait of a program for its machine
 * @param primeJavascript whether waiting machines are warmed up with JavaScript too, not only with Python
 */
public record PoolConfig(int warm, int max, Duration acquireTimeout, boolean primeJavascript) {
    static final int MAX_MACHINES = 1000;

    public static final Setting<Integer> WARM = Setting.declare(
                    "warm",
                    SettingGroup.POOL,
                    "Number of machines that are kept ready; run needs one machine and keeps none ready.")
            .variable("NEUROVISOR_POOL_SIZE")
            .defaultsTo("3")
            .as(SettingType.count(0, MAX_MACHINES));

    public static final Setting<Integer> MAX = Setting.declare(
                    "max", SettingGroup.POOL, "Maximum number of machines, ready and in use.")
            .variable("NEUROVISOR_MAX_VMS")
            .defaultsTo("10")
            .as(SettingType.count(1, MAX_MACHINES));

    public static final Setting<Duration> ACQUIRE_TIMEOUT = Setting.declare(
                    "acquire-timeout", SettingGroup.MACHINE, "How long a program waits for its machine, 1s to 24h.")
            .defaultsTo("30s")
            .as(SettingType.TIME);

    public static final Setting<Boolean> PRIME_JAVASCRIPT = Setting.declare(
                    "prime-javascript",
                    SettingGroup.POOL,
                    "Warm up JavaScript too, not only Python, in each waiting machine: its program takes half the time, and an"
                            + " emulated machine 100 MB more.")
            .defaultsTo("off")
            .bareValue("on")
            .as(SettingType.SWITCH);

    static PoolConfig of(SettingValues values) {
        return new PoolConfig(
                values.get(WARM), values.get(MAX), values.get(ACQUIRE_TIMEOUT), values.get(PRIME_JAVASCRIPT));
    }
}
