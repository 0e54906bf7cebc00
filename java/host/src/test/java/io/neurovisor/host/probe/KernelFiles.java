package io.neurovisor.host.probe;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Files in the kernel's formats below a directory: a host, and a VMM with process id 7. */
final class KernelFiles {
    static final long VMM = 7;

    private static final List<String> NAMESPACES = List.of("user", "pid", "net", "ipc", "uts", "cgroup", "mnt");

    private final Path root;
    private Optional<EbpfPolicyState> policy = Optional.empty();

    KernelFiles(Path root) {
        this.root = root;
    }

    /** A jailed VMM with two threads under a NeuroVisor of root, on a host with cgroup v2. */
    static KernelFiles ofJailedVmm(Path root) {
        KernelFiles files = new KernelFiles(root)
                .write("/proc/self/status", "Name:\tjava\nUid:\t0\t0\t0\t0")
                .write("/proc/self/cgroup", "0::/service")
                .write("/proc/self/mountinfo", """
                        20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
                        31 20 0:29 / /cg rw,nosuid - cgroup2 cgroup2 rw""")
                .write("/proc/7/cgroup", "0::/neurovisor/vm-1")
                .write("/proc/7/mountinfo", """
                        50 49 0:50 / / ro,nosuid,nodev - tmpfs tmpfs rw
                        51 50 8:1 /usr/bin /usr/bin ro,nosuid master:1 propagate_from:2 - ext4 /dev/sda1 rw
                        52 50 0:52 / /proc rw,nosuid - proc proc rw""")
                .thread(7, jailed())
                .thread(8, jailed())
                .cgroups("cpuset cpu io memory pids");
        for (String kind : NAMESPACES) {
            files.link("/proc/self/ns/" + kind, kind + ":[4026531840]")
                    .link("/proc/7/ns/" + kind, kind + ":[4026532999]");
        }
        return files;
    }

    /** Returns the status file of a fully confined thread. */
    static String jailed() {
        return """
                Name:	qemu-system-x86
                Uid:	2000000001	2000000001	2000000001	2000000001
                CapInh:	0000000000000000
                CapPrm:	0000000000000000
                CapEff:	0000000000000000
                CapBnd:	0000000000000000
                CapAmb:	0000000000000000
                NoNewPrivs:	1
                Seccomp:	2
                Seccomp_filters:	2
                Speculation_Store_Bypass:	vulnerable""";
    }

    KernelFiles thread(long id, String status) {
        return write("/proc/7/task/" + id + "/status", status);
    }

    KernelFiles cgroups(String controllers) {
        for (String group : List.of("", "/service", "/neurovisor/vm-1")) {
            write("/cg" + group + "/cgroup.procs", "");
        }
        return write("/cg/cgroup.controllers", controllers)
                .group("memory.max", "681574400")
                .group("memory.swap.max", "0")
                .group("memory.oom.group", "1")
                .group("cpu.max", "210000 100000")
                .group("pids.max", "64");
    }

    KernelFiles group(String file, String text) {
        return write("/cg/neurovisor/vm-1/" + file, text);
    }

    /** Sets the eBPF policy of the VMM. */
    void policy(@Nullable EbpfPolicyState held) {
        policy = Optional.ofNullable(held);
    }

    /** Returns the reading of the spawner. */
    PrivilegedReading privileged() {
        Map<String, String> names = new HashMap<>();
        HostFiles files = new HostFiles(root);
        NAMESPACES.forEach(kind -> files.link("/proc/7/ns/" + kind).ifPresent(name -> names.put(kind, name)));
        return new PrivilegedReading(names, policy);
    }

    KernelFiles link(String name, String target) {
        try {
            Path link = root.resolve(name.substring(1));
            Files.createDirectories(link.getParent());
            Files.deleteIfExists(link);
            Files.createSymbolicLink(link, Path.of(target));
            return this;
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    KernelFiles write(String name, String text) {
        try {
            Path file = root.resolve(name.substring(1));
            Files.createDirectories(file.getParent());
            Files.writeString(file, text + "\n");
            return this;
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}
