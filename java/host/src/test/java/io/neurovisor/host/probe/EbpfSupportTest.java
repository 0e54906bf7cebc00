package io.neurovisor.host.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EbpfSupportTest {
    @TempDir
    private Path root;

    private Path object;

    @BeforeEach
    void machineThatHasAll() throws IOException {
        put("sys/kernel/btf/vmlinux", "");
        put("sys/kernel/security/lsm", "lockdown,capability,bpf");
        object = put("vmm.bpf.o", "");
    }

    @Test
    void nothingIsMissingWhereAllIs() {
        assertThat(missing(true)).isEmpty();
    }

    @Test
    void whatIsMissingIsNamed() throws IOException {
        assertThat(missing(false).orElseThrow().reason()).contains("CAP_BPF");
        Files.delete(object);
        assertThat(missing(true).orElseThrow().fix()).isEqualTo("./neurovisor bpf build");
        put("sys/kernel/security/lsm", "lockdown,capability,xbpf\n");
        assertThat(missing(true).orElseThrow())
                .isEqualTo(new EbpfSupport.Missing(
                        "bpf is not among the kernel's security modules (lockdown,capability,xbpf)",
                        "boot with lsm=lockdown,capability,xbpf,bpf"));
        Files.delete(root.resolve("sys/kernel/btf/vmlinux"));
        assertThat(missing(true).orElseThrow().reason()).contains("CONFIG_DEBUG_INFO_BTF");
    }

    private Optional<EbpfSupport.Missing> missing(boolean isRoot) {
        return new EbpfSupport(new HostFiles(root)).missing(isRoot, object);
    }

    private Path put(String name, String text) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }
}
