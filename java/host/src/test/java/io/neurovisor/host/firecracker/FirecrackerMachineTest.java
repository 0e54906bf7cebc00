package io.neurovisor.host.firecracker;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.Checkpoint;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.host.spawner.PassedFile;
import io.neurovisor.host.spawner.PassedFile.Access;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class FirecrackerMachineTest {
    private static final BootFiles FILES =
            new BootFiles("base", Path.of("/k"), "", Path.of("/i"), "", Path.of("/r"), "");
    private static final Path TEMPLATE = Path.of("/t");

    private final FirecrackerMachine cold = new FirecrackerMachine(new VmStart.ColdBoot(FILES, SandboxSize.MEDIUM));
    private final FirecrackerMachine template =
            new FirecrackerMachine(new VmStart.TemplateBoot(FILES, SandboxSize.MEDIUM, TEMPLATE));
    private final FirecrackerMachine clone =
            new FirecrackerMachine(new VmStart.Restore(new SavedVm(FILES, SandboxSize.MEDIUM, TEMPLATE)));

    @Test
    void cloneUsesThePathsOfItsTemplate() {
        assertThat(template.files())
                .contains(
                        new PassedFile(Path.of("/r"), Access.READ, "rootfs"),
                        new PassedFile(Path.of("/t/memory"), Access.CREATE, "memory"));
        assertThat(clone.files())
                .containsExactly(
                        new PassedFile(Path.of("/r"), Access.READ, "rootfs"),
                        new PassedFile(Path.of("/t/state"), Access.READ, "state"),
                        new PassedFile(Path.of("/t/memory"), Access.READ, "memory"),
                        PassedFile.deviceState("checkpoint"));
        assertThat(template.configuration()).isEqualTo(cold.configuration());
        assertThat(template.configuration().get("/drives/rootfs")).asString().contains("path_on_host=/rootfs");
        assertThat(template.configuration().get("/vsock")).asString().contains("uds_path=v");
    }

    @Test
    void restoredCheckpointUsesTheMemoryOfItsTemplate() {
        Checkpoint checkpoint = new Checkpoint(Path.of("/c"));
        VmStart start = new VmStart.Restore(new SavedVm(FILES, SandboxSize.MEDIUM, TEMPLATE), Optional.of(checkpoint));
        assertThat(new FirecrackerMachine(start).files())
                .contains(
                        new PassedFile(Path.of("/c/state"), Access.READ, "state"),
                        new PassedFile(Path.of("/t/memory"), Access.READ, "memory"));
    }

    @Test
    void checkpointWritesNoMemory() {
        assertThat(clone.files()).contains(PassedFile.deviceState("checkpoint"));
        assertThat(template.files()).doesNotContain(PassedFile.deviceState("checkpoint"));
        assertThat(FirecrackerMachine.savingDevices())
                .asString()
                .contains("snapshot_path=/checkpoint", "mem_file_path=/");
    }

    @Test
    void configuresTheWholeMachineBeforeItsBoot() {
        assertThat(List.copyOf(cold.configuration().keySet()))
                .containsExactly(
                        "/machine-config", "/boot-source", "/drives/rootfs", "/cpu-config", "/vsock", "/entropy");
        assertThat(cold.configuration().get("/machine-config")).asString().contains("vcpu_count=2", "mem_size_mib=544");
        assertThat(cold.configuration().get("/drives/rootfs")).asString().contains("is_read_only=true");
    }

    @Test
    void nestedVirtualizationIsDisabled() {
        assertThat(cold.configuration().get("/cpu-config"))
                .asString()
                .contains("bitmap=0bxxxxxxxxxxxxxxxxxxxxxxxxxx0xxxxx, register=ecx}], subleaf=0x0}", "leaf=0x1,")
                .contains(
                        "bitmap=0bxxxxxxxxxxxxxxxxxxxxxxxxxxxxx0xx, register=ecx}], subleaf=0x0}", "leaf=0x80000001,");
    }

    @Test
    void allowsLargeFilesForTemplatesOnly() {
        assertThat(template.maxFileBytes()).isEqualTo(544L << 20);
        assertThat(clone.maxFileBytes()).isEqualTo(cold.maxFileBytes()).isLessThanOrEqualTo(1 << 20);
    }

    @Test
    void descriptionIsReproducible() {
        assertThat(FirecrackerMachine.description())
                .isEqualTo(FirecrackerMachine.description())
                .contains("mitigations=off", "guest_cid=3")
                .doesNotContain(System.getProperty("user.dir"));
    }
}
