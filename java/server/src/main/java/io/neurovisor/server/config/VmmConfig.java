package io.neurovisor.server.config;

import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.host.ebpf.EbpfMode;
import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingGroup;
import io.neurovisor.server.setting.SettingType;
import io.neurovisor.server.setting.SettingValues;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The VMM that runs guests, and the layers around it.
 *
 * @param firecracker the executable of Firecracker; empty to search for it
 * @param ebpf whether the kernel watches VMMs by eBPF programs
 * @param strict the layers without which nothing runs
 */
public record VmmConfig(VmmChoice choice, Optional<Path> firecracker, EbpfMode ebpf, RequiredLayers strict) {
    private static final Pattern LAYERS = Pattern.compile("[1-6](,[1-6]){0,5}");

    public static final Setting<VmmChoice> VMM = Setting.declare("vmm", SettingGroup.VMM, "The VMM that runs guests.")
            .defaultsTo("auto", "Firecracker where it is installed and KVM boots a guest with it, else QEMU")
            .as(SettingType.oneOf(VmmChoice.values()));

    public static final Setting<Optional<Path>> FIRECRACKER = Setting.declare(
                    "firecracker", SettingGroup.VMM, "Firecracker's executable, with its jailer in the same directory.")
            .defaultsTo(
                    "auto",
                    "the one in the data directory or in PATH; setup downloads it to the data directory when no PATH"
                            + " follows")
            .bareValue("auto")
            .as(SettingType.optional("auto", SettingType.PATH));

    public static final Setting<EbpfMode> EBPF = Setting.declare(
                    "ebpf",
                    SettingGroup.VMM,
                    "Have eBPF programs deny each VMM connections, programs and the files of others. With on nothing"
                            + " starts without them; audit only counts and logs.")
            .defaultsTo("auto", "where the machine supports it")
            .as(SettingType.oneOf(EbpfMode.values()));

    public static final Setting<RequiredLayers> STRICT = Setting.declare(
                    "strict",
                    SettingGroup.VMM,
                    "Run nothing in a machine without all six layers, or without the layers of a list such as"
                            + " --strict=1,2,3,4,6.")
            .defaultsTo("off", "and each start reports the missing layers")
            .bareValue("on")
            .as(new SettingType<>(
                    "on|off|LAYERS",
                    "on for all six layers, numbers such as 1,2,3,4,6, or off",
                    List.of("on", "off"),
                    VmmConfig::parseLayers,
                    VmmConfig::printLayers));

    static VmmConfig of(SettingValues values) {
        return new VmmConfig(values.get(VMM), values.get(FIRECRACKER), values.get(EBPF), values.get(STRICT));
    }

    private static Optional<RequiredLayers> parseLayers(String text) {
        return switch (text) {
            case "on" -> Optional.of(RequiredLayers.ALL);
            case "off" -> Optional.of(RequiredLayers.NONE);
            default -> Optional.of(text).filter(LAYERS.asMatchPredicate()).map(RequiredLayers::numbered);
        };
    }

    private static String printLayers(RequiredLayers required) {
        if (required.equals(RequiredLayers.ALL)) {
            return "on";
        }
        return required.layers().isEmpty() ? "off" : required.toString();
    }
}
