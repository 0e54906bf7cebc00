package io.neurovisor.host.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Each additional device increases the attack surface of a guest, so the devices are pinned here. */
final class QemuCommandTest {
    private static final Pattern DEVICE = Pattern.compile("(?<= )-device (\\S+)");

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
    void guestKernelStartsWithLegacyInterfacesDisabled() {
        assertThat(command)
                .contains(" panic=-1 ", " ia32_emulation=0 vsyscall=none debugfs=off")
                .doesNotContain("nosmap", "nosmep", "nokaslr", "norandmaps");
    }
}
