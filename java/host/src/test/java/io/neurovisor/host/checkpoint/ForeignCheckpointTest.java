package io.neurovisor.host.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.checkpoint.SandboxCheckpoint;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.host.files.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class ForeignCheckpointTest {
    @TempDir
    private Path data;

    private CheckpointFixture fixture;
    private SandboxCheckpoint saved;

    @BeforeEach
    void save() throws IOException {
        fixture = new CheckpointFixture(data);
        saved = fixture.save(1);
    }

    @ParameterizedTest
    @CsvSource({
        "qemu,10.1.0,tcg,qemu64,microvm,qemu 10.0.2 (tcg),qemu 10.1.0 (tcg)",
        "qemu,10.0.2,kvm,qemu64,microvm,qemu 10.0.2 (tcg),qemu 10.0.2 (kvm)",
        "firecracker,1.12,kvm,host,firecracker,qemu 10.0.2 (tcg),firecracker 1.12 (kvm)",
        "qemu,10.0.2,tcg,EPYC,microvm,processor qemu64,this is EPYC",
        "qemu,10.0.2,tcg,qemu64,microvm-2,devices microvm,now has microvm-2"
    })
    void anotherVmm(
            String name, String version, String accelerator, String cpu, String machine, String before, String here) {
        assertForeign(new VmmIdentity(name, version, accelerator, cpu, machine), before, here);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, -1, Integer.MAX_VALUE})
    void anotherFormat(int format) throws IOException {
        String text = Files.readString(fixture.manifest(saved));
        Files.writeString(
                fixture.manifest(saved), text.replace("\"format\" : 1,", "\"format\" : " + format + ", \"new\" : {},"));
        assertForeign(CheckpointFixture.VMM, "format " + format, "format 1");
    }

    @Test
    void removedTemplate() {
        Path template = fixture.template().directory();
        PrivateFiles.delete(template);
        assertForeign(CheckpointFixture.VMM, template.toString(), "was removed");
    }

    @Test
    void templateOfTheSameContentMadeAgain() {
        fixture.make("memory");
        assertThat(fixture.store().open(saved, CheckpointFixture.VMM).saved()).isEqualTo(fixture.template());
    }

    @Test
    void templateMadeAgain() {
        fixture.make("another memory");
        assertForeign(CheckpointFixture.VMM, fixture.template().directory().toString(), "was made again");
    }

    @Test
    void changedTemplate() throws IOException {
        Path memory = fixture.template().directory().resolve("memory");
        Files.delete(memory);
        Files.writeString(memory, "shorter");
        assertForeign(CheckpointFixture.VMM, fixture.template().directory().toString(), "memory has changed");
    }

    @ParameterizedTest
    @CsvSource({"kernels/one/vmlinux,kernel", "initrds/one/initrd,initrd", "images/base-1/rootfs,root image"})
    void anotherImage(String file, String kind) throws IOException {
        Path path = data.resolve(file);
        Files.writeString(path, "longer than before");
        assertForeign(CheckpointFixture.VMM, kind + " " + path, "has changed");
        Files.delete(path);
        assertForeign(CheckpointFixture.VMM, kind + " " + path, "was removed");
    }

    private void assertForeign(VmmIdentity vmm, String... parts) {
        assertThatThrownBy(() -> fixture.store().open(saved, vmm))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.CHECKPOINT_FOREIGN))
                .hasMessageContaining("sandbox " + CheckpointFixture.ID)
                .hasMessageContainingAll(parts);
    }
}
