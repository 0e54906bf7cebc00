package io.neurovisor.cli;

import io.neurovisor.host.image.KernelChoice;
import picocli.CommandLine.Option;

/** The choice of the kernel that guests boot. */
final class KernelOption {
    @Option(
            names = "--kernel",
            paramLabel = "auto|debian|small",
            defaultValue = "${env:NEUROVISOR_KERNEL:-auto}",
            description = "The kernel that guests boot: Debian's, or the small one that kernel build makes. Default:"
                    + " auto, the small one once it is built. Environment: NEUROVISOR_KERNEL.")
    private String name = "auto";

    KernelChoice choice() {
        return KernelChoice.named(name);
    }
}
