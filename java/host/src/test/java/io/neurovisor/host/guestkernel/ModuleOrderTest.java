package io.neurovisor.host.guestkernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ModuleOrderTest {
    private final Map<String, List<String>> modules = Map.of(
            "blk", List.of(),
            "fs", List.of("crc", "core"),
            "crc", List.of("core"),
            "core", List.of(),
            "loop_a", List.of("loop_b"),
            "loop_b", List.of("loop_a"));

    @Test
    void eachModuleComesAfterItsDependenciesAndOnce() throws IOException {
        assertThat(order(List.of("blk", "fs", "crc"), Set.of())).containsExactly("blk", "core", "crc", "fs");
    }

    @Test
    void builtInModulesAreLeftOut() throws IOException {
        assertThat(order(List.of("fs", "console"), Set.of("console", "core"))).containsExactly("crc", "fs");
    }

    @Test
    void namesAreCanonical() throws IOException {
        assertThat(order(List.of("virtio-rng"), Set.of("virtio_rng"))).isEmpty();
    }

    @Test
    void reportsMissingModulesAndCycles() {
        assertThatThrownBy(() -> order(List.of("nothing"), Set.of()))
                .isInstanceOf(NeuroVisorException.class)
                .hasMessage("Cannot build the guest kernel: the kernel has no module nothing");
        assertThatThrownBy(() -> order(List.of("loop_a"), Set.of())).hasMessageEndingWith("loop_a depends on itself");
    }

    private List<String> order(List<String> wanted, Set<String> builtIn) throws IOException {
        return ModuleOrder.of(wanted, builtIn, name -> {
            List<String> dependencies = modules.get(name);
            return dependencies == null ? null : new KernelModule(name, dependencies);
        });
    }
}
