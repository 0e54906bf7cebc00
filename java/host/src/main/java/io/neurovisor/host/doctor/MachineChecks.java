package io.neurovisor.host.doctor;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.HostMemory;
import io.neurovisor.host.probe.JvmMemory;
import io.neurovisor.host.probe.UnifiedHierarchy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The checks that only read files of the kernel. */
public final class MachineChecks {
    private static final String KVM_CHECK = "kvm-device";
    private static final String KVM_DEVICE = "/dev/kvm";
    private static final String PASSED_DEVICE = "start this container with --device " + KVM_DEVICE;
    private static final int MEBIBYTE_BITS = 20;

    /** Name, password, id and members (group(5)). */
    private static final int GROUP_FIELDS = 4;

    private final HostFiles files;
    private final String user;

    MachineChecks(HostFiles files, String user) {
        this.files = files;
        this.user = user;
    }

    /**
     * Returns the checks in the order of the report.
     *
     * @param user the user that would run guests
     * @param machineBytes the most memory that a guest of the size can take
     * @param machineCount the number of guests of the size that may run at the same time
     */
    public static List<Check> of(HostFiles files, String user, SandboxSize size, long machineBytes, int machineCount) {
        MachineChecks machine = new MachineChecks(files, user);
        IsolationChecks isolation = new IsolationChecks(files, user);
        JvmMemory process = JvmMemory.ofThisProcess(files);
        return List.of(
                machine::platform,
                machine::processor,
                machine::kvmDevice,
                isolation::userNamespaces,
                isolation::uids,
                isolation::memoryAccess,
                () -> machine.memory(process, size, machineBytes, machineCount),
                isolation::swap,
                isolation::memorySharing,
                isolation::hyperThreading,
                isolation::vulnerabilities);
    }

    private Finding platform() {
        String release = files.text("/proc/sys/kernel/osrelease").orElse("unknown");
        UnifiedHierarchy cgroups = UnifiedHierarchy.read(files);
        String detail = String.join(
                        ", ", "Linux " + release, distribution(), "cgroups " + cgroups.mode() + controllers(cgroups))
                + inside();
        return release.toLowerCase(Locale.ROOT).contains("microsoft")
                ? Finding.warn("platform", detail + ", in WSL2, whose kernel has no BPF LSM", "use a native Linux")
                : Finding.pass("platform", detail);
    }

    private static String controllers(UnifiedHierarchy cgroups) {
        List<String> controllers = cgroups.controllers();
        return controllers.isEmpty() ? "" : " (" + String.join(" ", controllers) + ")";
    }

    private String distribution() {
        return files.lines("/etc/os-release").stream()
                .filter(line -> line.startsWith("PRETTY_NAME="))
                .map(line -> line.substring("PRETTY_NAME=".length()).replace("\"", ""))
                .findFirst()
                .orElse("unknown distribution");
    }

    /** Returns the container engine, detected by the marks that engines leave. */
    private String inside() {
        if (files.exists("/.dockerenv")) {
            return ", in a Docker container";
        }
        return files.exists("/run/.containerenv") || files.exists("/run/systemd/container") ? ", in a container" : "";
    }

    /** Checks whether the processor, as this kernel sees it, supports virtualization. */
    private Finding processor() {
        Set<String> flags = processorFlags();
        boolean nested = flags.contains("hypervisor");
        String where = nested ? "; it is itself virtual" : "";
        if (flags.contains("vmx") || flags.contains("svm")) {
            return Finding.pass("processor", (flags.contains("vmx") ? "VT-x" : "AMD-V") + where + guestsOfGuests());
        }
        return Finding.warn(
                "processor",
                "no VT-x or AMD-V" + where,
                nested
                        ? "have the host or provider of this virtual machine enable nested virtualization"
                        : "enable virtualization (VT-x, AMD-V, SVM) in the settings of the firmware");
    }

    private Set<String> processorFlags() {
        return files.lines("/proc/cpuinfo").stream()
                .filter(line -> line.startsWith("flags"))
                .findFirst()
                .map(line -> Set.copyOf(
                        List.of(line.substring(line.indexOf(':') + 1).strip().split("\\s+", -1))))
                .orElse(Set.of());
    }

    private String guestsOfGuests() {
        boolean on = Stream.of("kvm_intel", "kvm_amd")
                .flatMap(module -> files.text("/sys/module/" + module + "/parameters/nested").stream())
                .anyMatch(text -> text.equals("Y") || text.equals("1"));
        return on ? "; its guests can use KVM too (nested)" : "";
    }

    /** Checks whether this user may use {@code /dev/kvm}. Whether it boots guests is a separate check. */
    private Finding kvmDevice() {
        if (!files.exists(KVM_DEVICE)) {
            Set<String> flags = processorFlags();
            String fix = flags.contains("vmx")
                    ? "sudo modprobe kvm_intel"
                    : flags.contains("svm") ? "sudo modprobe kvm_amd" : "see processor";
            return Finding.warn(KVM_CHECK, KVM_DEVICE + " does not exist", inside().isEmpty() ? fix : PASSED_DEVICE);
        }
        Path device = files.path(KVM_DEVICE);
        Optional<String> group = group(device);
        String owner = group.map(name -> " (group " + name + ")").orElse("");
        if (Files.isReadable(device) && Files.isWritable(device)) {
            return Finding.pass(KVM_CHECK, user + " can open " + KVM_DEVICE + owner);
        }
        return Finding.warn(KVM_CHECK, user + " cannot open " + KVM_DEVICE + owner, access(group));
    }

    /** Returns the commands that open the device to the user, without those whose effect is there already. */
    String access(Optional<String> group) {
        Optional<List<String>> members = files.lines("/etc/group").stream()
                .map(line -> line.split(":", -1))
                .filter(fields -> fields.length == GROUP_FIELDS && fields[0].equals("kvm"))
                .map(fields -> List.of(fields[GROUP_FIELDS - 1].split(",", -1)))
                .findFirst();
        List<String> commands = new ArrayList<>();
        if (members.isEmpty()) {
            commands.add("sudo groupadd --system kvm");
        }
        if (!group.equals(Optional.of("kvm"))) {
            commands.add("sudo chgrp kvm " + KVM_DEVICE + " && sudo chmod 660 " + KVM_DEVICE);
        }
        if (members.filter(users -> users.contains(user)).isEmpty()) {
            commands.add("sudo usermod -aG kvm " + user);
        }
        return commands.isEmpty()
                ? "log in again, because the group kvm already has " + user
                : String.join(" && ", commands) + ", then log in again";
    }

    private static Optional<String> group(Path device) {
        try {
            return Optional.of(Files.readAttributes(device, PosixFileAttributes.class)
                    .group()
                    .getName());
        } catch (IOException | UnsupportedOperationException unknown) {
            return Optional.empty();
        }
    }

    /** Checks whether the memory suffices for all machines that may run at the same time. */
    private Finding memory(JvmMemory process, SandboxSize size, long machineBytes, int machineCount) {
        long available = HostMemory.of(files, process).availableBytes();
        if (available == Long.MAX_VALUE) {
            return Finding.warn("memory", "/proc/meminfo does not report the available memory", "");
        }
        long room = available / machineBytes;
        String detail =
                "%d MiB for machines, apart from %d for this process and %d for the host: room for %d of size %s (%d MiB each)"
                        .formatted(
                                available >> MEBIBYTE_BITS,
                                process.growthBytes() >> MEBIBYTE_BITS,
                                HostMemory.RESERVE_BYTES >> MEBIBYTE_BITS,
                                room,
                                size.label(),
                                machineBytes >> MEBIBYTE_BITS);
        return room >= machineCount
                ? Finding.pass("memory", detail)
                : Finding.warn(
                        "memory",
                        detail + ", and " + machineCount + " may run at the same time",
                        "choose a smaller --size, run fewer at the same time, or end other processes");
    }
}
