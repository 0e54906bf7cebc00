package io.neurovisor.host.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.Checkpoint;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.host.spawner.PassedFile;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Each additional device increases the attack surface of a guest, so the devices are pinned here. */
final class QemuCommandTest {
    private static final Pattern DEVICE = Pattern.compile("(?<= )-device (\\S+)");

    private static final SavedVm SAVED = new SavedVm(
            new BootFiles("", Path.of("kernel"), "", Path.of("initrd"), "", Path.of("rootfs"), ""),
            SandboxSize.SMALL,
            Path.of("/template"));

    private final String command = QemuCommand.description("kvm");

    @Test
    void machineHasFourAdditionalDevices() {
        assertThat(DEVICE.matcher(command).results().map(MatchResult::group).toList())
                .containsExactly(
                        "-device virtio-blk-device,drive=root",
                        "-device virtio-serial-device,max_ports=2",
                        "-device virtserialport,chardev=channel,id=channel0,name=neurovisor.agent",
                        "-device virtio-rng-device");
    }

    @Test
    void guestHasNoOtherDevices() {
        assertThat(command)
                .contains("-M microvm,rtc=on,acpi=on,x-option-roms=off,memory-backend=mem ")
                .contains(" -nodefaults -no-user-config ", " -serial chardev:console ", ",readonly=on,")
                .doesNotContain("-netdev", "-nic", "-usb", "-virtfs", "-fsdev", "pcie=on", "-vga", "-audio", "-hda");
        assertThat(command.split(" -drive ", -1)).as("one disk").hasSize(2);
        assertThat(command.split(" -serial ", -1)).as("one serial port").hasSize(2);
    }

    @Test
    void nestedVirtualizationIsDisabled() {
        assertThat(command).contains(" -cpu host,svm=off,vmx=off ");
        assertThat(QemuCommand.description("tcg")).contains(" -cpu max,svm=off,vmx=off ");
    }

    @Test
    void cloneHasOneFileToWriteTo() {
        QemuCommand clone = new QemuCommand("tcg", 0, new VmStart.Restore(SAVED));

        assertThat(clone.files())
                .filteredOn(file -> file.access() != PassedFile.Access.READ)
                .containsExactly(PassedFile.deviceState());
        assertThat(clone.deviceStateFile()).isEqualTo("/proc/self/fd/8");
        assertThat(clone.maxFileBytes()).isEqualTo(16 << 20);
        assertThat(clone.arguments()).doesNotContain("-global");
    }

    /** Device state without memory has neither the header nor the description that QEMU expects of a template's. */
    @Test
    void restoredCloneExpectsStateWithoutDescription() {
        Checkpoint checkpoint = new Checkpoint(Path.of("/checkpoint"));
        QemuCommand restored = new QemuCommand("tcg", 0, new VmStart.Restore(SAVED, Optional.of(checkpoint)));

        assertThat(String.join(" ", restored.arguments()))
                .contains(",suppress-vmdesc=on ", " -global migration.send-configuration=off");
        assertThat(restored.files())
                .extracting(PassedFile::path)
                .contains(Path.of("/checkpoint/state"), Path.of("/template/memory"))
                .doesNotContain(Path.of("/template/state"), Path.of("/checkpoint/pages"));
    }

    @Test
    void guestKernelStartsWithLegacyInterfacesDisabled() {
        assertThat(command)
                .contains(" panic=-1 ", " ia32_emulation=0 vsyscall=none debugfs=off")
                .doesNotContain("nosmap", "nosmep", "nokaslr", "norandmaps");
    }
}
