package io.neurovisor.host.probe;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The conditions for eBPF programs that can be checked before they are loaded. Only the spawner can get the kernel's
 * verdict.
 */
public record EbpfSupport(HostFiles files) {
    private static final String LSM = "/sys/kernel/security/lsm";
    private static final String BTF = "/sys/kernel/btf/vmlinux";

    /**
     * Returns the reading that is expected: in force, or off because of all unmet conditions. It has a fix only if each
     * of them has one, because the others alone would enable nothing.
     *
     * @param root whether this process belongs to root
     * @param object the file to which {@code ./neurovisor bpf build} writes the programs
     */
    public EbpfReading reading(boolean root, Path object) {
        List<EbpfReading> unmet = new ArrayList<>();
        if (!root) {
            unmet.add(new EbpfReading("only root has CAP_BPF and CAP_PERFMON", "start it as root"));
        }
        if (!files.exists(BTF)) {
            unmet.add(new EbpfReading(
                    "this kernel has no type information (no " + BTF + "), which takes Linux 5.8 or newer with"
                            + " CONFIG_BPF_SYSCALL and CONFIG_DEBUG_INFO_BTF",
                    ""));
        }
        files.text(LSM)
                .map(String::strip)
                .filter(modules -> !List.of(modules.split(",")).contains("bpf"))
                .ifPresent(modules -> unmet.add(new EbpfReading(
                        "bpf is not among the kernel's security modules (" + modules + ")",
                        "boot with lsm=" + modules + ",bpf")));
        UnifiedHierarchy.read(files)
                .missing()
                .ifPresent(missing -> unmet.add(new EbpfReading(missing.reason(), missing.fix())));
        if (!Files.isReadable(object)) {
            unmet.add(new EbpfReading("its programs are not built", "./neurovisor bpf build"));
        }
        boolean fixable = unmet.stream().noneMatch(condition -> condition.fix().isEmpty());
        return new EbpfReading(joined(unmet, EbpfReading::reason), fixable ? joined(unmet, EbpfReading::fix) : "");
    }

    private static String joined(List<EbpfReading> unmet, Function<EbpfReading, String> part) {
        return unmet.stream().map(part).collect(Collectors.joining("; "));
    }
}
