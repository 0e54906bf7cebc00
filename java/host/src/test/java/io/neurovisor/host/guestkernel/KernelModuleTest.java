package io.neurovisor.host.guestkernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class KernelModuleTest {
    @Test
    void readsDependenciesWithCanonicalNames() throws IOException {
        byte[] elf = TestModules.elf("license=GPL\0depends=vsock,vmw-common\0name=transport\0");

        KernelModule module = KernelModule.parse("vmw-transport", elf);

        assertThat(module.name()).isEqualTo("vmw_transport");
        assertThat(module.dependencies()).containsExactly("vsock", "vmw_common");
    }

    @Test
    void emptyListMeansNoDependency() throws IOException {
        assertThat(KernelModule.parse("squashfs", TestModules.elf("depends=\0license=GPL\0"))
                        .dependencies())
                .isEmpty();
    }

    @Test
    void rejectsEveryTruncation() {
        byte[] elf = TestModules.elf("depends=a\0");
        for (int length = 0; length < elf.length; length++) {
            byte[] truncated = Arrays.copyOf(elf, length);
            assertThatThrownBy(() -> KernelModule.parse("x", truncated)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void rejectsOtherFiles() {
        assertThatThrownBy(() -> KernelModule.parse("x", new byte[1000]))
                .isInstanceOf(IOException.class)
                .hasMessage("A kernel module is not an ELF file");
    }
}
