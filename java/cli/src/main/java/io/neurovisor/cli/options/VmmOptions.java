package io.neurovisor.cli.options;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The choice of the VMM that runs guests, what watches it, and what it may not be without. */
@SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
public final class VmmOptions {
    @Option(
            names = "--vmm",
            paramLabel = "auto|firecracker|qemu",
            completionCandidates = SettingCandidates.Vmms.class,
            description =
                    "What runs guests. Default: auto, Firecracker where it is there and KVM boots a guest with it,"
                            + " else QEMU. Environment: NEUROVISOR_VMM.")
    private @Nullable String vmm;

    @Option(
            names = "--firecracker",
            paramLabel = "PATH",
            arity = "0..1",
            fallbackValue = "auto",
            description = "Firecracker's executable, with its jailer beside it. Default: auto, the one in the data"
                    + " directory or in PATH; setup fetches that one when no PATH follows. Environment:"
                    + " NEUROVISOR_FIRECRACKER.")
    private @Nullable String firecracker;

    @Option(
            names = "--ebpf",
            paramLabel = "auto|on|audit|off",
            completionCandidates = SettingCandidates.Ebpfs.class,
            description =
                    "Have the kernel refuse a VMM every file but its own, programs and connections, by eBPF programs:"
                            + " on refuses to start without, audit only counts and tells. Default: auto, where the machine can."
                            + " Environment: NEUROVISOR_EBPF.")
    private @Nullable String ebpf;

    @Option(
            names = "--strict",
            paramLabel = "on|off|LAYERS",
            arity = "0..1",
            fallbackValue = "on",
            completionCandidates = SettingCandidates.Stricts.class,
            description = "Run nothing in a machine without all six layers, or without those of a list such as"
                    + " --strict=1,2,3,4,6. Default: off, and each start says what is missing. Environment:"
                    + " NEUROVISOR_STRICT.")
    private @Nullable String strict;
}
