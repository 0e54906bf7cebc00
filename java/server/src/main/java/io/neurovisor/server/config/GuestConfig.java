package io.neurovisor.server.config;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.host.guestkernel.KernelChoice;
import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingGroup;
import io.neurovisor.server.setting.SettingType;
import io.neurovisor.server.setting.SettingValues;
import java.util.regex.Pattern;

/**
 * The guests that run programs.
 *
 * @param image the root image, if it has the language of the program
 * @param snapshot whether machines are cloned from templates instead of booted
 */
public record GuestConfig(String image, KernelChoice kernel, SandboxSize size, boolean snapshot) {
    public static final Setting<String> IMAGE = Setting.declare("image", SettingGroup.IMAGE, "The root image.")
            .defaultsTo(ExecutionRequest.USUAL_IMAGE, "or full for a language that base lacks")
            .as(SettingType.text(
                    "NAME",
                    "a name of at most 32 lowercase letters, digits and hyphens",
                    Pattern.compile("[a-z0-9-]{1,32}")));

    public static final Setting<KernelChoice> KERNEL = Setting.declare(
                    "kernel",
                    SettingGroup.KERNEL,
                    "The kernel that guests boot: Debian's, or the small one that kernel build makes.")
            .defaultsTo("auto", "the small one once it is built")
            .as(SettingType.oneOf(KernelChoice.values()));

    public static final Setting<SandboxSize> SIZE = Setting.declare(
                    "size", SettingGroup.MACHINE, "small (1 vCPU, 256 MB), medium (2, 512 MB) or large (4, 1024 MB).")
            .defaultsTo("medium")
            .as(SettingType.oneOf(SandboxSize.values()));

    public static final Setting<Boolean> SNAPSHOT = Setting.declare(
                    "snapshot",
                    SettingGroup.MACHINE,
                    "Clone each machine from a saved template, or boot it cold with off.")
            .defaultsTo("on")
            .bareValue("on")
            .as(SettingType.SWITCH);

    static GuestConfig of(SettingValues values) {
        return new GuestConfig(values.get(IMAGE), values.get(KERNEL), values.get(SIZE), values.get(SNAPSHOT));
    }
}
