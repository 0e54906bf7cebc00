package io.neurovisor.cli.options;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The choice of the kernel that guests boot. */
@SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
public final class KernelOption {
    @Option(
            names = "--kernel",
            paramLabel = "auto|debian|small",
            completionCandidates = SettingCandidates.Kernels.class,
            description = "The kernel that guests boot: Debian's, or the small one that kernel build makes. Default:"
                    + " auto, the small one once it is built. Environment: NEUROVISOR_KERNEL.")
    private @Nullable String kernel;
}
