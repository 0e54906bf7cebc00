package io.neurovisor.host.probe;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The conditions for eBPF programs that can be checked before they are loaded. Only the spawner can get the kernel's
 * verdict.
 */
public final class EbpfSupport {
    private static final String LSM = "/sys/kernel/security/lsm";
    private static final String BTF = "/sys/kernel/btf/vmlinux";

    private final HostFiles files;

    public EbpfSupport(HostFiles files) {
        this.files = files;
    }

    /**
     * Returns the reading that is expected: in force, or off because of the first unmet condition.
     *
     * @param root whether this process belongs to root
     * @param object the file to which {@code ./neurovisor bpf build} writes the programs
     */
    public EbpfReading reading(boolean root, Path object) {
        if (!root) {
            return new EbpfReading("only root has CAP_BPF and CAP_PERFMON", "start it as root");
        }
        if (!files.exists(BTF)) {
            return new EbpfReading(
                    "this kernel has no type information (no " + BTF + "), which takes Linux 5.8 or newer with"
                            + " CONFIG_BPF_SYSCALL and CONFIG_DEBUG_INFO_BTF",
                    "");
        }
        Optional<String> modules = files.text(LSM);
        if (modules.filter(names -> !List.of(names.strip().split(",")).contains("bpf"))
                .isPresent()) {
            return new EbpfReading(
                    "bpf is not among the kernel's security modules ("
                            + modules.get().strip() + ")",
                    "boot with lsm=" + modules.get().strip() + ",bpf");
        }
        if (!Files.isReadable(object)) {
            return new EbpfReading("its programs are not built", "./neurovisor bpf build");
        }
        return EbpfReading.IN_FORCE;
    }
}
