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
        object = put("vmm.bpf.o", "");
    }

    @Test
    void reportsNothingMissing() {
        assertThat(reading(true)).isEqualTo(EbpfReading.IN_FORCE);
    }

    @Test
    void reportsTheUnmetCondition() throws IOException {
        assertThat(reading(false).reason()).contains("CAP_BPF");
        Files.delete(object);
        assertThat(reading(true).fix()).isEqualTo("./neurovisor bpf build");
        put("sys/kernel/security/lsm", "lockdown,capability,xbpf\n");
        assertThat(reading(true))
                .isEqualTo(new EbpfReading(
                        "bpf is not among the kernel's security modules (lockdown,capability,xbpf)",
                        "boot with lsm=lockdown,capability,xbpf,bpf"));
        Files.delete(root.resolve("sys/kernel/btf/vmlinux"));
        assertThat(reading(true).reason()).contains("CONFIG_DEBUG_INFO_BTF");
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
