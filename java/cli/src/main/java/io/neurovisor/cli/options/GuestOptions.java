package io.neurovisor.cli.options;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.server.Settings;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.config.GuestConfig;
import io.neurovisor.server.config.VmmConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of every command that starts guests. */
@SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
public final class GuestOptions {
    private static final String CLONED = "--snapshot=on";

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Option(
            names = "--image",
            paramLabel = "NAME",
            description = "The root image. Default: base, or full for a language that base lacks."
                    + " Environment: NEUROVISOR_IMAGE.")
    private @Nullable String image;

    @Mixin
    @SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
    private final KernelOption kernel = new KernelOption();

    @Mixin
    @SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
    private final VmmOptions vmm = new VmmOptions();

    @Mixin
    @SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
    private final ImageBuildOptions imageBuild = new ImageBuildOptions();

    @Option(
            names = "--size",
            paramLabel = "SIZE",
            completionCandidates = SettingCandidates.Sizes.class,
            description = "small (1 vCPU, 256 MB), medium (2, 512 MB) or large (4, 1024 MB). Default: medium."
                    + " Environment: NEUROVISOR_SIZE.")
    private @Nullable String size;

    @Option(
            names = "--snapshot",
            paramLabel = "on|off",
            arity = "0..1",
            fallbackValue = "on",
            completionCandidates = SettingCandidates.Snapshots.class,
            description = "Clone each machine from a saved template, or boot it cold with off. Default: on."
                    + " Environment: NEUROVISOR_SNAPSHOT.")
    private @Nullable String snapshot;

    @Option(
            names = "--acquire-timeout",
            paramLabel = "TIME",
            description = "How long a program waits for its machine, 1s to 24h. Default: 30s. Environment:"
                    + " NEUROVISOR_ACQUIRE_TIMEOUT.")
    private @Nullable String acquireTimeout;

    @Option(
            names = "--vm-uids",
            paramLabel = "FIRST-LAST",
            description = "Root's machines run as these users, each as another. Default: 2000000000-2000000999."
                    + " Environment: NEUROVISOR_VM_UIDS.")
    private @Nullable String vmUids;

    public CommonOptions common() {
        return common;
    }

    public Config config() {
        return common.config();
    }

    public SandboxSize size() {
        return config().guest().size();
    }

    /** The image that was asked for, not the usual one. */
    public Optional<String> requestedImage() {
        return common.loaded().isDefault(GuestConfig.IMAGE) ? Optional.empty() : Optional.of(config().guest().image());
    }

    public Settings settings() {
        return common.settings();
    }

    /** A daemon with these options: at ports that are free, and what it says is text. */
    public ToolCommand serve(Path socket, String... options) {
        return serve(size(), socket, options);
    }

    /** The same for machines of another size. */
    public ToolCommand serve(SandboxSize machines, Path socket, String... options) {
        List<String> asked = List.of(options);
        boolean says = asked.stream().anyMatch(option -> option.startsWith("--snapshot="));
        List<String> arguments = Stream.of(
                        List.of("serve"),
                        says
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
                        asked)
                .flatMap(List::stream)
                .toList();
        return ToolCommand.of(settings().home().resolve("neurovisor").toString(), "neurovisor")
                .withArguments(arguments);
    }

    /** These options as arguments, for another run of this program. */
    public List<String> arguments() {
        return arguments(size());
    }

    /** The same for machines of another size. */
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
