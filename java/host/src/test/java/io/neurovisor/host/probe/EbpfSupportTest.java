package io.neurovisor.host.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EbpfSupportTest {
    @TempDir
    private Path root;

    private Path object;

    @BeforeEach
    void hostWithEverything() throws IOException {
        put("sys/kernel/btf/vmlinux", "");
        put("sys/kernel/security/lsm", "lockdown,capability,bpf");
        put("proc/self/mountinfo", "31 20 0:29 / /cg rw,nosuid - cgroup2 cgroup2 rw");
        put("cg/cgroup.controllers", "cpu memory pids");
        object = put("vmm.bpf.o", "");
    }

    @Test
    void reportsNothingMissing() {
        assertThat(reading(true)).isEqualTo(EbpfReading.IN_FORCE);
    }

    @Test
    void reportsTheUnmetCondition() throws IOException {
        assertThat(reading(false))
                .isEqualTo(new EbpfReading("only root has CAP_BPF and CAP_PERFMON", "start it as root"));
        Files.delete(object);
        assertThat(reading(true).fix()).isEqualTo("./neurovisor bpf build");
    }

    @Test
    void reportsAllUnmetConditionsTogether() throws IOException {
        Files.delete(object);
        put("sys/kernel/security/lsm", "lockdown,capability,xbpf\n");
        assertThat(reading(true))
                .isEqualTo(new EbpfReading(
                        "bpf is not among the kernel's security modules (lockdown,capability,xbpf); its programs are"
                                + " not built",
                        "boot with lsm=lockdown,capability,xbpf,bpf; ./neurovisor bpf build"));
    }

    @Test
    void proposesNoFixThatEnablesNothing() throws IOException {
        Files.delete(object);
        Files.delete(root.resolve("sys/kernel/btf/vmlinux"));
        assertThat(reading(true).reason()).contains("CONFIG_DEBUG_INFO_BTF", "its programs are not built");
        assertThat(reading(true).fix()).isEmpty();
    }

    @Test
    void needsControlGroupsOfVersionTwo() throws IOException {
        put("proc/self/mountinfo", "31 20 0:29 / /cg/memory rw - cgroup cgroup rw,memory");
        assertThat(reading(true).reason()).isEqualTo("no cgroup v2");
        assertThat(reading(true).fix()).startsWith("boot with cgroup_no_v1=all");
    }

    private EbpfReading reading(boolean isRoot) {
        return new EbpfSupport(new HostFiles(root)).reading(isRoot, object);
    }

    private Path put(String name, String text) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }
}
