package io.neurovisor.host.qemu;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.host.guestkernel.GuestBoot;
import io.neurovisor.host.spawner.PassedFile.Access;
import io.neurovisor.host.spawner.PassedFile;
import io.neurovisor.host.spawner.VmmLaunch;
import io.neurovisor.host.spawner.VmmLimits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The arguments QEMU is started with. A clone's machine must be the template's machine, device for device, so both come
 * from here; they differ in what backs the memory and in where the first instruction comes from.
 */
final class QemuCommand {
    /** Sockets the spawner binds; QEMU finds them as file descriptors in this order. */
    static final List<String> SOCKETS = List.of("channel.sock", "qmp.sock");

    static final String CHANNEL_SOCKET = SOCKETS.get(0);
    static final String QMP_SOCKET = SOCKETS.get(1);
    static final String MEMORY_FILE = "memory";
    static final String STATE_FILE = "state";
    static final String CONSOLE = "console";
    static final String CHANNEL_PORT = "neurovisor.agent";

    /** A triple fault ends the machine. */
    private static final String KERNEL_ARGUMENTS = GuestBoot.kernelArguments("t");

    /** A guest that can start guests of its own reaches code of the host's that no other guest does. */
    private static final String NO_NESTING = ",svm=off,vmx=off";

    /** What emulation may keep of translated code, touched as it is used. A quarter of it retranslates as Python starts. */
    private static final int CLONE_CODE_MEBIBYTES = 128;

    /** A booting guest imports whole packages, once, and there is one of it. */
    private static final int BOOT_CODE_MEBIBYTES = 256;

    /** QEMU's name for the set of descriptors that holds KVM's device. */
    private static final String KVM_SET = "1";

    private static final Path KVM_DEVICE = Path.of("/dev/kvm");

    private final String accelerator;
    private final QemuFiles files = new QemuFiles(SOCKETS.size());
    private final List<String> arguments;
    private final String stateFile;
    private final long maxFileBytes;
    private final VmmLimits limits;

    /**
     * The start of one machine.
     *
     * @param tscKhz the host's time stamp counter rate, or 0; without it an emulated guest on a busy host may not boot
     */
    QemuCommand(String accelerator, long tscKhz, VmStart start) {
        this.accelerator = requireNonNull(accelerator, "accelerator is null");
        switch (start) {
            case VmStart.ColdBoot boot -> {
                arguments = booting(boot.files(), boot.size(), privateMemory(boot.size()), tscKhz);
                stateFile = "";
                maxFileBytes = memoryBytes(boot.size());
                limits = limits(accelerator, boot.size(), false);
            }
            case VmStart.TemplateBoot boot -> {
                String memory = memoryFile(boot.size(), boot.directory(), Access.CREATE) + ",share=on";
                arguments = booting(boot.files(), boot.size(), memory, tscKhz);
                stateFile = files.add(boot.directory().resolve(STATE_FILE), Access.CREATE);
                maxFileBytes = memoryBytes(boot.size());
                limits = limits(accelerator, boot.size(), false);
            }
            case VmStart.Restore restore -> {
                arguments = restoring(restore);
                stateFile = files.add(restore.saved().directory().resolve(STATE_FILE), Access.READ);
                maxFileBytes = 0;
                limits = limits(accelerator, restore.saved().size(), true);
            }
        }
    }

    List<String> arguments() {
        return List.copyOf(arguments);
    }

    /** What the arguments name by number. */
    List<PassedFile> files() {
        return files.all();
    }

    /** Where QEMU finds or leaves the state of its devices; empty when it does neither. */
    String stateFile() {
        return stateFile;
    }

    /** How long QEMU may make a file: a new machine's memory is one, a clone has none of its own. */
    long maxFileBytes() {
        return maxFileBytes;
    }

    /** More than it ever needs, so that a guest meets its own limits first. */
    VmmLimits limits() {
        return limits;
    }

    /** The same for every machine of a size that is cloned, or is not. */
    static VmmLimits limits(String accelerator, SandboxSize size, boolean cloned) {
        int code = cloned ? CLONE_CODE_MEBIBYTES : BOOT_CODE_MEBIBYTES;
        return QemuLimits.of(
                size.vcpuCount(), GuestBoot.memoryMebibytes(size) + (accelerator.equals("tcg") ? code : 0));
    }

    /** Everything about the machine and its boot that does not differ from one virtual machine to the next. */
    static String description(String accelerator) {
        BootFiles none = new BootFiles("", Path.of("kernel"), "", Path.of("initrd"), "", Path.of("rootfs"), "");
        QemuCommand command = new QemuCommand(accelerator, 0, new VmStart.ColdBoot(none, SandboxSize.SMALL));
        return String.join(" ", command.arguments());
    }

    private List<String> booting(BootFiles boot, SandboxSize size, String memory, long tscKhz) {
        List<String> all = machine(boot.rootfs(), size, memory, BOOT_CODE_MEBIBYTES);
        all.addAll(List.of("-kernel", files.add(boot.kernel(), Access.READ)));
        all.addAll(List.of("-initrd", files.add(boot.initrd(), Access.READ)));
        all.addAll(List.of("-append", tscKhz == 0 ? KERNEL_ARGUMENTS : KERNEL_ARGUMENTS + " tsc_early_khz=" + tscKhz));
        return all;
    }

    /** No kernel: all of it lies in the saved memory, and reading it again would cost each clone its loading time. */
    private List<String> restoring(VmStart.Restore restore) {
        SandboxSize size = restore.saved().size();
        String memory = memoryFile(size, restore.saved().directory(), Access.READ) + ",share=off,readonly=on,rom=off";
        List<String> all = machine(restore.saved().files().rootfs(), size, memory, CLONE_CODE_MEBIBYTES);
        all.addAll(List.of("-incoming", "defer"));
        return all;
    }

    private List<String> machine(Path rootfs, SandboxSize size, String memory, int codeMebibytes) {
        List<String> all = new ArrayList<>();
        // No instruction of the guest's before what confines QEMU is complete.
        all.add("-S");
        // ACPI is how Debian's kernel finds the devices; qboot starts the kernel without the option ROM SeaBIOS needs.
        all.addAll(List.of("-M", "microvm,rtc=on,acpi=on,x-option-roms=off,memory-backend=mem"));
        all.addAll(List.of("-bios", QemuJail.FIRMWARE));
        all.addAll(accelerator.equals("tcg") ? emulated(codeMebibytes) : kvm());
        all.addAll(List.of("-smp", Integer.toString(size.vcpuCount())));
        all.addAll(List.of("-m", memoryOf(size), "-object", memory));
        all.addAll(List.of("-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"));
        // A guest that shuts down or panics stays, halted, until we have read its console.
        all.addAll(List.of("-no-shutdown"));
        all.addAll(List.of("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"));
        all.addAll(List.of("-chardev", "ringbuf,id=" + CONSOLE + ",size=65536", "-serial", "chardev:" + CONSOLE));
        all.addAll(socket("channel", CHANNEL_SOCKET));
        all.addAll(socket("qmp", QMP_SOCKET));
        all.addAll(List.of("-mon", "chardev=qmp,mode=control"));
        all.addAll(List.of(
                "-drive",
                "id=root,if=none,format=raw,readonly=on,file.locking=off,file=" + files.add(rootfs, Access.READ)));
        all.addAll(List.of("-device", "virtio-blk-device,drive=root"));
        all.addAll(List.of("-device", "virtio-serial-device,max_ports=2"));
        all.addAll(List.of("-device", "virtserialport,chardev=channel,id=channel0,name=" + CHANNEL_PORT));
        all.addAll(List.of("-device", "virtio-rng-device"));
        return all;
    }

    private static List<String> emulated(int codeMebibytes) {
        return List.of("-accel", "tcg,tb-size=" + codeMebibytes, "-cpu", "max" + NO_NESTING);
    }

    /** By a descriptor, because the jail has no device and its user need not be in the group kvm. */
    private List<String> kvm() {
        int descriptor = files.addDescriptor(KVM_DEVICE, Access.DEVICE);
        return List.of(
                "-add-fd",
                "fd=" + descriptor + ",set=" + KVM_SET,
                "-accel",
                "kvm,device=/dev/fdset/" + KVM_SET,
                "-cpu",
                "host" + NO_NESTING);
    }

    private static List<String> socket(String id, String name) {
        int descriptor = VmmLaunch.FIRST_DESCRIPTOR + SOCKETS.indexOf(name);
        return List.of("-chardev", "socket,id=" + id + ",fd=" + descriptor + ",server=on,wait=off");
    }

    private static String privateMemory(SandboxSize size) {
        return "memory-backend-memfd,id=mem,size=" + memoryOf(size) + ",share=off";
    }

    private String memoryFile(SandboxSize size, Path directory, Access access) {
        String path = files.add(directory.resolve(MEMORY_FILE), access);
        return "memory-backend-file,id=mem,size=" + memoryOf(size) + ",mem-path=" + path;
    }

    private static long memoryBytes(SandboxSize size) {
        return (long) GuestBoot.memoryMebibytes(size) << 20;
    }

    private static String memoryOf(SandboxSize size) {
        return GuestBoot.memoryMebibytes(size) + "M";
    }
}
