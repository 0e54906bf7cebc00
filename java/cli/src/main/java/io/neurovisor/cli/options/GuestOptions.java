package io.neurovisor.cli.options;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.server.Settings;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.config.GuestConfig;
import io.neurovisor.server.config.VmmConfig;
import io.neurovisor.server.setting.SettingGroup;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;

/** The options of every command that starts guests. */
@AcceptsSettings({
    SettingGroup.IMAGE,
    SettingGroup.KERNEL,
    SettingGroup.VMM,
    SettingGroup.IMAGE_BUILD,
    SettingGroup.MACHINE
})
public final class GuestOptions {
    private static final String CLONED = "--snapshot=on";

    @Mixin
    private final CommonOptions common = new CommonOptions();

    public CommonOptions common() {
        return common;
    }

    public Config config() {
        return common.config();
    }

    public SandboxSize size() {
        return config().guest().size();
    }

    /** Returns the image, unless it is the default. */
    public Optional<String> requestedImage() {
        return common.loaded().isDefault(GuestConfig.IMAGE)
                ? Optional.empty()
                : Optional.of(config().guest().image());
    }

    public Settings settings() {
        return common.settings();
    }

    /** Returns the command of a daemon with these options, free ports and a text log. */
    public ToolCommand serve(Path socket, String... options) {
        return serve(size(), socket, options);
    }

    /** Returns the command of such a daemon with machines of another size. */
    public ToolCommand serve(SandboxSize machines, Path socket, String... options) {
        List<String> asked = List.of(options);
        boolean setsHttpPort = asked.stream().anyMatch(option -> option.startsWith("--http-port="));
        boolean setsSnapshot = asked.stream().anyMatch(option -> option.startsWith("--snapshot="));
        List<String> arguments = Stream.of(
                        List.of("serve"),
                        setsSnapshot
                                ? arguments(machines).stream()
                                        .filter(option -> !option.equals(CLONED))
                                        .toList()
                                : arguments(machines),
                        List.of(
                                "--log-format=text",
                                "--log-level=info",
                                "--listen=127.0.0.1",
                                "--metrics-listen=127.0.0.1",
                                "--port=0",
                                "--metrics-port=0",
                                "--socket=" + socket),
                        setsHttpPort ? List.<String>of() : List.of("--http-port=off"),
                        asked)
                .flatMap(List::stream)
                .toList();
        return ToolCommand.of(settings().home().resolve("neurovisor").toString(), "neurovisor")
                .withArguments(arguments);
    }

    /** Returns arguments that give another run of this program these options. */
    public List<String> arguments() {
        return arguments(size());
    }

    /** Returns these arguments with machines of another size. */
    public List<String> arguments(SandboxSize machines) {
        return Stream.concat(
                        common.arguments().stream(),
                        Stream.of(
                                "--image",
                                config().guest().image(),
                                "--kernel",
                                config().guest().kernel().label(),
                                VmmConfig.VMM.flag(),
                                VmmConfig.VMM.print(config().vmm().choice()),
                                VmmConfig.FIRECRACKER.flag(),
                                VmmConfig.FIRECRACKER.print(config().vmm().firecracker()),
                                VmmConfig.STRICT.flag()
                                        + "="
                                        + VmmConfig.STRICT.print(config().vmm().strict()),
                                VmmConfig.EBPF.flag(),
                                VmmConfig.EBPF.print(config().vmm().ebpf()),
                                "--size",
                                machines.label(),
                                CLONED))
                .toList();
    }
}
