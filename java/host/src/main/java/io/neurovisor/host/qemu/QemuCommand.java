package io.neurovisor.host.qemu;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.host.guestkernel.GuestBoot;
import io.neurovisor.host.spawner.PassedFile;
import io.neurovisor.host.spawner.PassedFile.Access;
import io.neurovisor.host.spawner.VmmLaunch;
import io.neurovisor.host.spawner.VmmLimits;
import io.neurovisor.host.spawner.VmmProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command line of QEMU. A clone's machine must equal the template's machine device by device, so both are built
 * here; they differ in the backing of the memory and the origin of the first instruction.
 */
final class QemuCommand {
    /** Sockets that the spawner binds; QEMU receives them as file descriptors in this order. */
    static final List<String> SOCKETS = List.of("channel.sock", "qmp.sock");

    static final String CHANNEL_SOCKET = SOCKETS.get(0);
    static final String QMP_SOCKET = SOCKETS.get(1);
    static final String MEMORY_FILE = "memory";
    static final String STATE_FILE = "state";
    static final String CONSOLE = "console";
    static final String CHANNEL_PORT = "neurovisor.agent";

    /** A triple fault ends the machine. */
    private static final String KERNEL_ARGUMENTS = GuestBoot.kernelArguments("t");

    /** Guests must not start guests of their own, because that reaches host code that no other guest does. */
    private static final String NO_NESTING = ",svm=off,vmx=off";

    /**
     * The cache of translated code under emulation, allocated as it is used. With a quarter of it, code is translated
     * again while Python starts.
     */
    private static final int CLONE_CODE_MEBIBYTES = 128;

    /** A booting guest imports whole packages once, and only one guest boots. */
    private static final int BOOT_CODE_MEBIBYTES = 256;

    /**
     * Added to the guest's memory and translated code. Measured in /proc/PID/smaps under TCG (QEMU 10.0.2) every 30 ms
     * while templates boot and warm their interpreters: at most 135, 137 and 138 MiB for small, medium and large. Of
     * these, 54 to 56 MiB are QEMU's own; the rest are mapped files, which the kernel can drop. The remainder is for
     * page tables, bubblewrap and the kernel.
     */
    private static final int QEMU_MEBIBYTES = 192;

    /** Half a processor for QEMU's main loop and the threads that read its disk. */
    private static final int QEMU_CPU_PER_MILLE = 500;

    private static final int PROCESSOR_PER_MILLE = 1000;

    /** QEMU reads its disk with at most 64 threads; the others are its main thread, helper threads and bubblewrap. */
    private static final int QEMU_TASKS = 64 + 32;

    /** QEMU's name for the set of descriptors with KVM's device. */
    private static final String KVM_SET = "1";

    private static final Path KVM_DEVICE = Path.of("/dev/kvm");

    /** The state of a clone's devices has some KiB. The spawner takes no more. */
    private static final long CLONE_FILE_BYTES = 16 << 20;

    /** Settings of the machine and of QEMU for state that was saved without memory, which has no header and no description. */
    private static final String WITHOUT_DESCRIPTION = ",suppress-vmdesc=on";

    private static final List<String> WITHOUT_HEADER = List.of("-global", "migration.send-configuration=off");

    private final String accelerator;
    private final QemuFiles files = new QemuFiles(SOCKETS.size());
    private final List<String> arguments;
    private final String stateFile;
    private final String deviceStateFile;
    private final long maxFileBytes;
    private final VmmLimits limits;

    /**
     * Creates the command line of one machine.
     *
     * @param tscKhz the rate of the host's time stamp counter, or 0; without it an emulated guest may not boot on a
     *     busy host
     */
    QemuCommand(String accelerator, long tscKhz, VmStart start) {
        this.accelerator = accelerator;
        switch (start) {
            case VmStart.ColdBoot boot -> {
                arguments = booting(boot.files(), boot.size(), privateMemory(boot.size()), tscKhz);
                stateFile = "";
                deviceStateFile = "";
                maxFileBytes = memoryBytes(boot.size());
                limits = limits(accelerator, boot.size(), false);
            }
            case VmStart.TemplateBoot boot -> {
                String memory = memoryFile(boot.size(), boot.directory(), Access.CREATE) + ",share=on";
                arguments = booting(boot.files(), boot.size(), memory, tscKhz);
                stateFile = files.add(boot.directory().resolve(STATE_FILE), Access.CREATE);
                deviceStateFile = "";
                maxFileBytes = memoryBytes(boot.size());
                limits = limits(accelerator, boot.size(), false);
            }
            case VmStart.Restore restore -> {
                arguments = restoring(restore);
                Path state = restore.checkpoint()
                        .map(checkpoint -> checkpoint.directory().resolve(VmmProcess.STATE_FILE))
                        .orElse(restore.saved().directory().resolve(STATE_FILE));
                stateFile = files.add(state, Access.READ);
                deviceStateFile = files.addDeviceState();
                maxFileBytes = CLONE_FILE_BYTES;
                limits = limits(accelerator, restore.saved().size(), true);
            }
        }
    }

    List<String> arguments() {
        return List.copyOf(arguments);
    }

    /** Returns the files to which the arguments refer by number. */
    List<PassedFile> files() {
        return files.all();
    }

    /** Returns the file from which QEMU loads, or to which it saves, its device state; empty if it does neither. */
    String stateFile() {
        return stateFile;
    }

    /** Returns the file to which a clone writes the state of its devices for a checkpoint; empty if it is not a clone. */
    String deviceStateFile() {
        return deviceStateFile;
    }

    /** Returns the maximum size of QEMU's files: the memory of a new machine, the state of a clone's devices. */
    long maxFileBytes() {
        return maxFileBytes;
    }

    /** Returns limits above its needs, so that a guest reaches its own limits first. */
    VmmLimits limits() {
        return limits;
    }

    /** Returns the limits of the control group for a machine of a size: those of the guest and QEMU's own needs. */
    static VmmLimits limits(String accelerator, SandboxSize size, boolean cloned) {
        int code = cloned ? CLONE_CODE_MEBIBYTES : BOOT_CODE_MEBIBYTES;
        int mebibytes = GuestBoot.memoryMebibytes(size) + (accelerator.equals("tcg") ? code : 0) + QEMU_MEBIBYTES;
        return new VmmLimits(
                (long) mebibytes << 20,
                size.vcpuCount() * PROCESSOR_PER_MILLE + QEMU_CPU_PER_MILLE,
                size.vcpuCount() + QEMU_TASKS);
    }

    /** Describes everything about the machine and its boot that is the same for all virtual machines. */
    static String description(String accelerator) {
        BootFiles none = new BootFiles("", Path.of("kernel"), "", Path.of("initrd"), "", Path.of("rootfs"), "");
        QemuCommand command = new QemuCommand(accelerator, 0, new VmStart.ColdBoot(none, SandboxSize.SMALL));
        return String.join(" ", command.arguments());
    }

    private List<String> booting(BootFiles boot, SandboxSize size, String memory, long tscKhz) {
        List<String> all = machine(boot.rootfs(), size, memory, BOOT_CODE_MEBIBYTES, "");
        all.addAll(List.of("-kernel", files.add(boot.kernel(), Access.READ)));
        all.addAll(List.of("-initrd", files.add(boot.initrd(), Access.READ)));
        all.addAll(List.of("-append", tscKhz == 0 ? KERNEL_ARGUMENTS : KERNEL_ARGUMENTS + " tsc_early_khz=" + tscKhz));
        return all;
    }

    /** Without a kernel, which is in the saved memory: reading it again would delay each clone. */
    private List<String> restoring(VmStart.Restore restore) {
        SandboxSize size = restore.saved().size();
        String memory = memoryFile(size, restore.saved().directory(), Access.READ) + ",share=off,readonly=on,rom=off";
        String description = restore.checkpoint().isPresent() ? WITHOUT_DESCRIPTION : "";
        List<String> all = machine(restore.saved().files().rootfs(), size, memory, CLONE_CODE_MEBIBYTES, description);
        all.addAll(List.of("-incoming", "defer"));
        all.addAll(restore.checkpoint().isPresent() ? WITHOUT_HEADER : List.of());
        return all;
    }

    private List<String> machine(Path rootfs, SandboxSize size, String memory, int codeMebibytes, String options) {
        List<String> all = new ArrayList<>();
        // The guest must not run before QEMU's confinement is complete.
        all.add("-S");
        // Debian's kernel finds the devices by ACPI; qboot starts the kernel without the option ROM that SeaBIOS needs.
        all.addAll(List.of("-M", "microvm,rtc=on,acpi=on,x-option-roms=off,memory-backend=mem" + options));
        all.addAll(List.of("-bios", QemuJail.FIRMWARE));
        all.addAll(accelerator.equals("tcg") ? emulated(codeMebibytes) : kvm());
        all.addAll(List.of("-smp", Integer.toString(size.vcpuCount())));
        all.addAll(List.of("-m", memoryOf(size), "-object", memory));
        all.addAll(List.of("-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"));
        // A guest that shuts down or panics is halted, so that its console can be read.
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

    /** Passed as a descriptor, because the jail has no device and its user need not be in the group kvm. */
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

    /** Returns the file that all clones of a saved machine map as their memory. */
    static Path memoryFile(SavedVm saved) {
        return saved.directory().resolve(MEMORY_FILE);
    }

    static long memoryBytes(SandboxSize size) {
        return (long) GuestBoot.memoryMebibytes(size) << 20;
    }

    private static String memoryOf(SandboxSize size) {
        return GuestBoot.memoryMebibytes(size) + "M";
    }
}
