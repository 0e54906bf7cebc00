package io.neurovisor.server.config;

import io.neurovisor.host.spawner.UidRange;
import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingGroup;
import io.neurovisor.server.setting.SettingType;
import io.neurovisor.server.setting.SettingValues;
import java.util.List;
import java.util.Optional;

/**
 * The user ids that root gives to other processes.
 *
 * @param vms the ids of VMMs, one for each
 * @param images the ids of the user namespace in which image builds run scripts of packages; empty to run them as root
 */
public record UidConfig(UidRange vms, Optional<UidRange> images) {
    /** Debian's packages have users up to 65534. */
    private static final long MIN_IMAGE_UIDS = 65_536;

    public static final Setting<UidRange> VM_UIDS = Setting.declare(
                    "vm-uids", SettingGroup.MACHINE, "User ids of the machines that root starts, one for each.")
            .defaultsTo("2000000000-2000000999")
            .as(new SettingType<>(
                    "FIRST-LAST",
                    "two user ids of 1 to 4294967294, such as 2000000000-2000000999",
                    List.of(),
                    UidRange::parse,
                    UidRange::toString));

    public static final Setting<Optional<UidRange>> IMAGE_UIDS = Setting.declare(
                    "image-uids",
                    SettingGroup.IMAGE_BUILD,
                    "Where root builds images, scripts of packages and pip run in a user namespace with these user ids;"
                            + " with off they run as root of this machine.")
            .defaultsTo("2000065536-2000131071")
            .as(SettingType.optional(
                    "off",
                    new SettingType<>(
                            "FIRST-LAST",
                            "the first and last of at least 65536 user ids, such as 2000065536-2000131071",
                            List.of(),
                            text -> UidRange.parse(text).filter(uids -> uids.count() >= MIN_IMAGE_UIDS),
                            UidRange::toString)));

    static UidConfig of(SettingValues values) {
        return new UidConfig(values.get(VM_UIDS), values.get(IMAGE_UIDS));
    }
}
