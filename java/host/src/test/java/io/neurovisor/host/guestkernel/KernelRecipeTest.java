package io.neurovisor.host.guestkernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KernelRecipeTest {
    private static final Path SHIPPED = Path.of(System.getProperty("neurovisor.home"), "guest", "kernel");

    @TempDir
    private Path directory;

    @BeforeEach
    void copyShippedRecipe() throws IOException {
        for (String file : List.of("fragment.config", "build.sh", "check-config.sh")) {
            Files.copy(SHIPPED.resolve(file), directory.resolve(file));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"fragment.config", "build.sh", "check-config.sh"})
    void digestDependsOnEachFile(String file) throws IOException {
        KernelRecipe before = KernelRecipe.read(directory);
        assertThat(before.input()).isEqualTo(KernelRecipe.read(SHIPPED).input());

        Files.writeString(directory.resolve(file), Files.readString(directory.resolve(file)) + "# more\n");

        assertThat(KernelRecipe.read(directory).input()).isNotEqualTo(before.input());
    }

    @Test
    void addressChangesWithSourceAndToolchain() {
        KernelRecipe recipe = KernelRecipe.read(directory);

        assertThat(List.of(
                        recipe.address("6.12.1-1", "gcc 14", "ld 2"),
                        recipe.address("6.12.2-1", "gcc 14", "ld 2"),
                        recipe.address("6.12.1-1", "gcc 15", "ld 2"),
                        recipe.address("6.12.1-1", "gcc 14", "ld 3")))
                .doesNotHaveDuplicates();
        assertThat(recipe.address("1", "2", "3")).isEqualTo(recipe.address("1", "2", "3"));
    }

    @Test
    void shippedFragmentSuitsBothMachines() throws IOException {
        assertThat(Files.readAllLines(SHIPPED.resolve("fragment.config")))
                .contains(
                        "CONFIG_VIRTIO_MMIO=y",
                        "CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES=y",
                        "CONFIG_VIRTIO_BLK=y",
                        "CONFIG_VIRTIO_CONSOLE=y",
                        "CONFIG_VIRTIO_VSOCKETS=y",
                        "CONFIG_HW_RANDOM_VIRTIO=y",
                        "CONFIG_ACPI=y",
                        "CONFIG_PVH=y",
                        "CONFIG_MODULES=n",
                        "CONFIG_KEXEC=n",
                        "CONFIG_KEXEC_FILE=n",
                        "CONFIG_BPF_SYSCALL=n",
                        "CONFIG_NETDEVICES=n");
    }
}
