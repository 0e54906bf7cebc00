package io.neurovisor.host.qemu;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.VmStart;
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

    /**
     * Beyond what boots: grace periods end at once, for a guest starts one program and waits for each of its mounts; no
     * second security module, no audit; and no mitigations against leaks between a guest's own processes and its kernel,
     * for all in it belongs to one program. What keeps guests apart is the host's.
     */
    private static final String KERNEL_ARGUMENTS = "console=ttyS0 quiet loglevel=4 reboot=t panic=-1 tsc=reliable"
            + " rcupdate.rcu_expedited=1 mitigations=off init_on_alloc=0 randomize_kstack_offset=off apparmor=0 audit=0";

    private static final int FIRST_SOCKET_DESCRIPTOR = 3;

    /** What a guest's kernel keeps for itself, so that programs see the memory their size promises. */
    private static final int GUEST_KERNEL_MEBIBYTES = 32;

    /** What emulation may keep of translated code, touched as it is used. A quarter of it retranslates as Python starts. */
    private static final int CLONE_CODE_MEBIBYTES = 128;

    /** A booting guest imports whole packages, once, and there is one of it. */
    private static final int BOOT_CODE_MEBIBYTES = 256;

    private final String accelerator;
    private final long tscKhz;

    /** @param tscKhz the host's time stamp counter rate; without it an emulated guest on a busy host may not boot */
    QemuCommand(String accelerator, long tscKhz) {
        this.accelerator = requireNonNull(accelerator, "accelerator is null");
        this.tscKhz = tscKhz;
    }

    List<String> arguments(VmStart start) {
        return switch (start) {
            case VmStart.ColdBoot boot -> booting(boot.files(), boot.size(), privateMemory(boot.size()));
            case VmStart.TemplateBoot boot ->
                booting(boot.files(), boot.size(), sharedMemory(boot.size(), boot.directory()));
            case VmStart.Restore restore -> restoring(restore);
        };
    }

    /** Everything about the machine and its boot that does not differ from one virtual machine to the next. */
    String description() {
        List<String> machine = machine(Path.of("rootfs"), SandboxSize.SMALL, "memory", 0);
        return String.join(" ", machine) + " " + KERNEL_ARGUMENTS;
    }

    private List<String> booting(BootFiles files, SandboxSize size, String memory) {
        List<String> arguments = machine(files.rootfs(), size, memory, BOOT_CODE_MEBIBYTES);
        arguments.addAll(List.of("-kernel", files.kernel().toString()));
        arguments.addAll(List.of("-initrd", files.initrd().toString()));
        arguments.addAll(List.of("-append", kernelArguments()));
        return arguments;
    }

    /** No kernel: all of it lies in the saved memory, and reading it again would cost each clone its loading time. */
    private List<String> restoring(VmStart.Restore restore) {
        SandboxSize size = restore.saved().size();
        String memory = memoryFile(size, restore.saved().directory()) + ",share=off,readonly=on,rom=off";
        List<String> arguments = machine(restore.saved().files().rootfs(), size, memory, CLONE_CODE_MEBIBYTES);
        arguments.addAll(List.of("-incoming", "defer", "-S"));
        return arguments;
    }

    private List<String> machine(Path rootfs, SandboxSize size, String memory, int codeMebibytes) {
        List<String> arguments = new ArrayList<>();
        // ACPI is how Debian's kernel finds the devices; qboot starts the kernel without the option ROM SeaBIOS needs.
        arguments.addAll(List.of("-M", "microvm,rtc=on,acpi=on,x-option-roms=off,memory-backend=mem"));
        arguments.addAll(List.of("-bios", "qboot.rom"));
        arguments.addAll(List.of("-accel", accelerator.equals("tcg") ? "tcg,tb-size=" + codeMebibytes : accelerator));
        arguments.addAll(List.of("-cpu", accelerator.equals("tcg") ? "max" : "host"));
        arguments.addAll(List.of("-smp", Integer.toString(size.vcpuCount())));
        arguments.addAll(List.of("-m", memoryOf(size), "-object", memory));
        arguments.addAll(List.of("-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"));
        // A guest that shuts down or panics stays, halted, until we have read its console.
        arguments.addAll(List.of("-no-shutdown"));
        arguments.addAll(
                List.of("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"));
        arguments.addAll(List.of("-chardev", "ringbuf,id=" + CONSOLE + ",size=65536", "-serial", "chardev:" + CONSOLE));
        arguments.addAll(socket("channel", CHANNEL_SOCKET));
        arguments.addAll(socket("qmp", QMP_SOCKET));
        arguments.addAll(List.of("-mon", "chardev=qmp,mode=control"));
        arguments.addAll(List.of("-drive", "id=root,if=none,format=raw,readonly=on,file.locking=off,file=" + rootfs));
        arguments.addAll(List.of("-device", "virtio-blk-device,drive=root"));
        arguments.addAll(List.of("-device", "virtio-serial-device,max_ports=2"));
        arguments.addAll(List.of("-device", "virtserialport,chardev=channel,id=channel0,name=" + CHANNEL_PORT));
        arguments.addAll(List.of("-device", "virtio-rng-device"));
        return arguments;
    }

    private static List<String> socket(String id, String name) {
        int descriptor = FIRST_SOCKET_DESCRIPTOR + SOCKETS.indexOf(name);
        return List.of("-chardev", "socket,id=" + id + ",fd=" + descriptor + ",server=on,wait=off");
    }

    private String kernelArguments() {
        return KERNEL_ARGUMENTS + " tsc_early_khz=" + tscKhz;
    }

    private static String privateMemory(SandboxSize size) {
        return "memory-backend-memfd,id=mem,size=" + memoryOf(size) + ",share=off";
    }

    private static String sharedMemory(SandboxSize size, Path directory) {
        return memoryFile(size, directory) + ",share=on";
    }

    private static String memoryFile(SandboxSize size, Path directory) {
        return "memory-backend-file,id=mem,size=" + memoryOf(size) + ",mem-path=" + directory.resolve(MEMORY_FILE);
    }

    private static String memoryOf(SandboxSize size) {
        return size.memoryMebibytes() + GUEST_KERNEL_MEBIBYTES + "M";
    }
}
