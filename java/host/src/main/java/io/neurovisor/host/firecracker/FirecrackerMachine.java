package io.neurovisor.host.firecracker;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.Checkpoint;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.host.guestkernel.GuestBoot;
import io.neurovisor.host.spawner.PassedFile;
import io.neurovisor.host.spawner.PassedFile.Access;
import io.neurovisor.host.spawner.VmmLimits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A machine as configured by Firecracker's API. A saved machine refers to its disk and its channel by the paths with
 * which it was booted, so all machines use the same names in their own root directories.
 */
final class FirecrackerMachine {
    /** The socket of the API, in the machine's root directory. */
    static final String API_SOCKET = "a";

    /**
     * The socket for connections to the guest. It must be relative: Firecracker resolves it in its working directory.
     */
    static final String VSOCK_SOCKET = "v";

    static final String MEMORY_FILE = "memory";
    static final String STATE_FILE = "state";

    /** The state of the devices in a checkpoint of this machine. */
    private static final String CHECKPOINT_FILE = "checkpoint";

    /** What Firecracker answers to {@link #savingDevices} when it has written the state of its devices. */
    static final String DEVICES_SAVED = "Create snapshot error: Cannot perform open on the memory backing file: ";

    private static final String KERNEL = "kernel";
    private static final String INITRD = "initrd";
    private static final String ROOTFS = "rootfs";

    /**
     * Added to the guest's memory. Firecracker needs a few MiB; the rest is for page tables, the kernel's part of the
     * virtual machine, and pages of files, which the kernel can drop.
     */
    private static final int FIRECRACKER_MEBIBYTES = 64;

    /** Half a processor for the thread that serves the devices. */
    private static final int FIRECRACKER_CPU_PER_MILLE = 500;

    private static final int PROCESSOR_PER_MILLE = 1000;

    /** Firecracker's main and API threads, the kernel's threads for KVM, and the process that waits for it. */
    private static final int FIRECRACKER_TASKS = 16;

    /** The number in Firecracker's documentation. Each guest has its own Firecracker, so all may have the same. */
    private static final int GUEST_CID = 3;

    /** A reboot by the keyboard controller makes Firecracker exit. */
    private static final String KERNEL_ARGUMENTS = GuestBoot.kernelArguments("k");

    /**
     * Guests must not start guests of their own, because that reaches host code that no other guest does: bit 2 (SVM)
     * of ECX in leaf 0x80000001 and bit 5 (VMX) of ECX in leaf 1 (AMD64 Architecture Programmer's Manual 3, Intel SDM
     * 2A). KVM denies both to a guest without these bits. Sorted, so that the description is always the same.
     */
    private static final List<Map<String, ?>> NO_NESTING = List.of(cleared("0x1", 5), cleared("0x80000001", 2));

    /** More than the table of pages of the largest machine takes. */
    private static final long PAGES_OVERHEAD_BYTES = 64 << 20;

    /**
     * For rings that devices keep in unnamed files (a page each), the jailer's file with its process id, and the state of the
     * devices (16 KiB).
     */
    private static final long OWN_FILE_BYTES = 1 << 20;

    private final VmStart start;
    private final SandboxSize size;

    FirecrackerMachine(VmStart start) {
        this.start = start;
        this.size = switch (start) {
            case VmStart.ColdBoot boot -> boot.size();
            case VmStart.TemplateBoot boot -> boot.size();
            case VmStart.Restore restore -> restore.saved().size();
        };
    }

    /** Returns Firecracker's own arguments. Its log goes to the console, which is kept for error messages. */
    static List<String> arguments() {
        return List.of("--api-sock", "/" + API_SOCKET, "--level", "Warn");
    }

    /** Returns the files of its root directory. */
    List<PassedFile> files() {
        BootFiles boot = start.files();
        List<PassedFile> files = new ArrayList<>(List.of(new PassedFile(boot.rootfs(), Access.READ, ROOTFS)));
        switch (start) {
            case VmStart.ColdBoot _ -> addKernel(files, boot);
            case VmStart.TemplateBoot template -> {
                addKernel(files, boot);
                files.add(new PassedFile(template.directory().resolve(STATE_FILE), Access.CREATE, STATE_FILE));
                files.add(new PassedFile(template.directory().resolve(MEMORY_FILE), Access.CREATE, MEMORY_FILE));
            }
            case VmStart.Restore restore -> {
                Path state = restore.checkpoint()
                        .map(Checkpoint::directory)
                        .orElse(restore.saved().directory());
                files.add(new PassedFile(state.resolve(STATE_FILE), Access.READ, STATE_FILE));
                files.add(new PassedFile(memoryFile(restore.saved()), Access.READ, MEMORY_FILE));
                files.add(PassedFile.deviceState(CHECKPOINT_FILE));
            }
        }
        return List.copyOf(files);
    }

    /** Returns the file that clones of a machine have mapped as their memory. */
    static Path memoryFile(SavedVm saved) {
        return saved.directory().resolve(MEMORY_FILE);
    }

    /** Returns the largest size of the memory that a clone of a machine can have made its own, with its description. */
    static long maxPagesBytes(SavedVm saved) {
        return memoryBytes(saved.size()) + PAGES_OVERHEAD_BYTES;
    }

    /** Returns path and body of each request that configures a machine before its boot, in order. */
    Map<String, Map<String, ?>> configuration() {
        Map<String, Map<String, ?>> requests = new LinkedHashMap<>();
        requests.put(
                "/machine-config",
                Map.of(
                        "vcpu_count",
                        size.vcpuCount(),
                        "mem_size_mib",
                        GuestBoot.memoryMebibytes(size),
                        "smt",
                        false,
                        "track_dirty_pages",
                        false));
        requests.put(
                "/boot-source",
                Map.of("kernel_image_path", "/" + KERNEL, "initrd_path", "/" + INITRD, "boot_args", KERNEL_ARGUMENTS));
        requests.put(
                "/drives/" + ROOTFS,
                Map.of("drive_id", ROOTFS, "path_on_host", "/" + ROOTFS, "is_root_device", true, "is_read_only", true));
        requests.put("/cpu-config", Map.of("cpuid_modifiers", NO_NESTING));
        requests.put("/vsock", Map.of("guest_cid", GUEST_CID, "uds_path", VSOCK_SOCKET));
        requests.put("/entropy", Map.of());
        return requests;
    }

    static Map<String, ?> saving() {
        return Map.of("snapshot_type", "Full", "snapshot_path", "/" + STATE_FILE, "mem_file_path", "/" + MEMORY_FILE);
    }

    /**
     * Returns the body that saves the state of the devices, but not the memory: Firecracker writes the state first (its
     * persist.rs), and then refuses the request with {@link #DEVICES_SAVED}, because the file for the memory is a directory.
     * Otherwise it would write all of the guest's memory, and its limit of file sizes would have to allow that.
     */
    static Map<String, ?> savingDevices() {
        return Map.of("snapshot_type", "Full", "snapshot_path", "/" + CHECKPOINT_FILE, "mem_file_path", "/");
    }

    /**
     * Returns the body that loads a machine paused, so that it can be examined before the guest's first instruction.
     */
    static Map<String, ?> loading() {
        return Map.of(
                "snapshot_path",
                "/" + STATE_FILE,
                "mem_backend",
                Map.of("backend_type", "File", "backend_path", "/" + MEMORY_FILE),
                "resume_vm",
                false);
    }

    /** Returns the maximum size of Firecracker's files; the memory of a template is one of them. */
    long maxFileBytes() {
        return start instanceof VmStart.TemplateBoot ? memoryBytes(size) : OWN_FILE_BYTES;
    }

    private static long memoryBytes(SandboxSize size) {
        return (long) GuestBoot.memoryMebibytes(size) << 20;
    }

    VmmLimits limits() {
        return limits(size);
    }

    /** Returns the limits of the control group for a machine of a size: those of the guest and Firecracker's own needs. */
    static VmmLimits limits(SandboxSize size) {
        return new VmmLimits(
                (long) (GuestBoot.memoryMebibytes(size) + FIRECRACKER_MEBIBYTES) << 20,
                size.vcpuCount() * PROCESSOR_PER_MILLE + FIRECRACKER_CPU_PER_MILLE,
                size.vcpuCount() + FIRECRACKER_TASKS);
    }

    /** Describes everything about the machine and its boot that is the same for all virtual machines. */
    static String description() {
        BootFiles none = new BootFiles("", Path.of(KERNEL), "", Path.of(INITRD), "", Path.of(ROOTFS), "");
        StringBuilder text = new StringBuilder();
        new FirecrackerMachine(new VmStart.ColdBoot(none, SandboxSize.SMALL))
                .configuration()
                .forEach((path, body) -> text.append(path)
                        .append(' ')
                        .append(new TreeMap<>(body))
                        .append(' '));
        return text.toString().strip();
    }

    /** Returns a modifier that clears one bit of ECX and leaves the others as they are on this host. */
    private static Map<String, ?> cleared(String leaf, int bit) {
        String bitmap = "0b" + "x".repeat(31 - bit) + "0" + "x".repeat(bit);
        return new TreeMap<>(Map.of(
                "leaf",
                leaf,
                "subleaf",
                "0x0",
                "flags",
                0,
                "modifiers",
                List.of(new TreeMap<>(Map.of("register", "ecx", "bitmap", bitmap)))));
    }

    private static void addKernel(List<PassedFile> files, BootFiles boot) {
        files.add(new PassedFile(boot.kernel(), Access.READ, KERNEL));
        files.add(new PassedFile(boot.initrd(), Access.READ, INITRD));
    }
}
