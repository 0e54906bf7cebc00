package io.neurovisor.cli;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.server.Settings;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of every command that starts guests. */
final class GuestOptions {
    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Option(
            names = "--image",
            paramLabel = "NAME",
            defaultValue = "${env:NEUROVISOR_IMAGE:-base}",
            description = "The root image. Default: base. Environment: NEUROVISOR_IMAGE.")
    private String image = "base";

    @Mixin
    private final KernelOption kernel = new KernelOption();

    @Option(
            names = "--size",
            paramLabel = "SIZE",
            defaultValue = "${env:NEUROVISOR_SIZE:-medium}",
            description = "small (1 vCPU, 256 MB), medium (2, 512 MB) or large (4, 1024 MB). Default: medium."
                    + " Environment: NEUROVISOR_SIZE.")
    private String size = "medium";

    @Option(
            names = "--snapshot",
            paramLabel = "on|off",
            arity = "0..1",
            fallbackValue = "on",
            defaultValue = "${env:NEUROVISOR_SNAPSHOT:-on}",
            converter = OnOff.class,
            description = "Clone each machine from a saved template, or boot it cold with off. Default: on."
                    + " Environment: NEUROVISOR_SNAPSHOT.")
    private boolean snapshot = true;

    SandboxSize size() {
        return SandboxSize.named(size);
    }

    String image() {
        return image;
    }

    /** These options as arguments, for another run of this program. */
    List<String> arguments() {
        return List.of(
                "--data-dir",
                common.dataDir().toString(),
                "--image",
                image,
                "--kernel",
                kernel.choice().label(),
                "--size",
                size,
                "--snapshot=on");
    }

    Settings settings() {
        return common.settings(image, kernel.choice(), size(), snapshot);
    }
}
