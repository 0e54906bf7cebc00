package io.neurovisor.tests.isolation;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Interpreter;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.tests.fixtures.FinishedProgram;
import io.neurovisor.tests.fixtures.OpenedNeuroVisor;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Tests the hardening of a guest. Before the first test, one program inspects its machine and another one makes forbidden attempts,
 * each in a separate machine. Numbers of system calls are those of x86-64.
 */
@ShortTier
final class GuestHardeningIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String EMPTY_SET = "0000000000000000";

    /** Quotas are rounded up to pages. */
    private static final long PAGE = 4096;

    /** The devices that programs need; no others have a name. */
    private static final Map<String, String> DEVICES = Map.ofEntries(
            entry("/dev/null", "c666"),
            entry("/dev/zero", "c666"),
            entry("/dev/full", "c666"),
            entry("/dev/random", "c666"),
            entry("/dev/urandom", "c666"),
            entry("/dev/tty", "c666"),
            entry("/dev/ptmx", "link"),
            entry("/dev/pts", "d755"),
            entry("/dev/pts/ptmx", "c666"),
            entry("/dev/shm", "d1777"),
            entry("/dev/fd", "link"),
            entry("/dev/stdin", "link"),
            entry("/dev/stdout", "link"),
            entry("/dev/stderr", "link"));

    /** Directories with a quota. */
    private static final List<String> WRITABLE = List.of("/home/user", "/tmp", "/var/tmp", "/dev/shm", "/run/lock");

    private static final List<String> READ_ONLY = List.of(
            "/",
            "/etc",
            "/usr",
            "/usr/bin",
            "/usr/local",
            "/usr/lib/neurovisor",
            "/var",
            "/var/lib",
            "/opt",
            "/home",
            "/dev",
            "/run",
            "/run/neurovisor",
            "/sys",
            "/sys/fs/cgroup");

    /** The settings that programs can read; a guest whose agent cannot write the others does not boot. */
    private static final Map<String, String> SETTINGS = Map.ofEntries(
            entry("kernel/sysrq", "0"),
            entry("kernel/dmesg_restrict", "1"),
            entry("kernel/kptr_restrict", "2"),
            entry("kernel/perf_event_paranoid", "3"),
            entry("kernel/unprivileged_bpf_disabled", "1"),
            entry("kernel/io_uring_disabled", "2"),
            entry("kernel/modules_disabled", "1"),
            entry("kernel/kexec_load_disabled", "1"),
            entry("kernel/yama/ptrace_scope", "1"),
            entry("kernel/randomize_va_space", "2"),
            entry("kernel/panic_on_oops", "1"),
            entry("kernel/core_pattern", "core"),
            entry("fs/suid_dumpable", "0"),
            entry("fs/leases-enable", "0"),
            entry("user/max_user_namespaces", "0"),
            entry("vm/mmap_min_addr", "65536"),
            entry("vm/unprivileged_userfaultfd", "0"),
            entry("dev/tty/ldisc_autoload", "0"),
            entry("dev/tty/legacy_tiocsti", "0"));

    /** Settings of features that the small kernel lacks. */
    private static final Set<String> FEATURES_OF_DEBIANS_KERNEL = Set.of(
            "kernel/sysrq",
            "kernel/unprivileged_bpf_disabled",
            "kernel/io_uring_disabled",
            "kernel/modules_disabled",
            "kernel/kexec_load_disabled",
            "vm/unprivileged_userfaultfd");

    private static final List<String> HIDDEN_FILES = List.of(
            "/proc/config.gz",
            "/proc/iomem",
            "/proc/ioports",
            "/proc/kallsyms",
            "/proc/kcore",
            "/proc/keys",
            "/proc/key-users",
            "/proc/kmsg",
            "/proc/kpagecount",
            "/proc/kpageflags",
            "/proc/modules",
            "/proc/pagetypeinfo",
            "/proc/sched_debug",
            "/proc/slabinfo",
            "/proc/sysrq-trigger",
            "/proc/timer_list",
            "/proc/vmallocinfo");

    private static final List<String> HIDDEN_DIRECTORIES = List.of(
            "/proc/acpi",
            "/proc/bus",
            "/proc/fs",
            "/proc/irq",
            "/sys/firmware",
            "/sys/kernel/debug",
            "/sys/kernel/tracing");

    private static final Map<String, Integer> REFUSED_CALLS = Map.ofEntries(
            entry("mount", 165),
            entry("umount2", 166),
            entry("pivot_root", 155),
            entry("chroot", 161),
            entry("open_tree", 428),
            entry("move_mount", 429),
            entry("fsopen", 430),
            entry("mount_setattr", 442),
            entry("open_by_handle_at", 304),
            entry("unshare", 272),
            entry("setns", 308),
            entry("bpf", 321),
            entry("io_uring_setup", 425),
            entry("perf_event_open", 298),
            entry("userfaultfd", 323),
            entry("add_key", 248),
            entry("request_key", 249),
            entry("keyctl", 250),
            entry("init_module", 175),
            entry("finit_module", 313),
            entry("delete_module", 176),
            entry("kexec_load", 246),
            entry("kexec_file_load", 320),
            entry("reboot", 169),
            entry("settimeofday", 164),
            entry("clock_settime", 227),
            entry("iopl", 172),
            entry("ioperm", 173),
            entry("syslog", 103),
            entry("modify_ldt", 154),
            entry("pidfd_getfd", 438),
            entry("fanotify_init", 300),
            entry("swapon", 167),
            entry("acct", 163));

    /** The initial namespaces of the kernel; others were created later. */
    private static final Map<String, String> NAMESPACES_OF_THE_MACHINE = Map.of(
            "ipc", "ipc:[4026531839]",
            "uts", "uts:[4026531838]",
            "pid", "pid:[4026531836]",
            "cgroup", "cgroup:[4026531835]");

    /** The virtio ids of disk, serial ports or vsock, and random numbers. */
    private static final Map<String, List<String>> VIRTIO_DEVICES =
            Map.of("qemu", List.of("0x0002", "0x0003", "0x0004"), "firecracker", List.of("0x0002", "0x0004", "0x0013"));

    private static String vmm = "";
    private static JsonNode seen = JSON.nullNode();
    private static JsonNode tried = JSON.nullNode();

    @BeforeAll
    static void lookAndTry() throws IOException {
        try (OpenedNeuroVisor neuroVisor = OpenedNeuroVisor.open()) {
            vmm = neuroVisor.vmm().name();
            List<String> hidden = new ArrayList<>(HIDDEN_FILES);
            hidden.addAll(HIDDEN_DIRECTORIES);
            seen = run(neuroVisor, "look.py", Map.of("settings", SETTINGS.keySet(), "hidden", hidden));
            tried = run(
                    neuroVisor,
                    "attempt.py",
                    Map.of("calls", REFUSED_CALLS, "readOnly", READ_ONLY, "writable", WRITABLE));
        }
    }

    @Test
    void programHasNoCapabilities() {
        for (String set : List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")) {
            assertThat(status(set)).as(set).isEqualTo(EMPTY_SET);
        }
        assertThat(status("NoNewPrivs")).isEqualTo("1");
        assertThat(status("Seccomp")).as("filtered").isEqualTo("2");
        assertThat(status("Seccomp_filters")).isEqualTo("1");
        assertThat(texts(seen.at("/uid"))).containsOnly("1000");
        assertThat(texts(seen.at("/gid"))).containsOnly("1000");
        assertThat(seen.at("/groups")).isEmpty();
        assertThat(seen.at("/privilegedPrograms")).isEmpty();
        assertThat(tried.at("/more").asText()).isEqualTo("EPERM");
    }

    @Test
    void vmmRunsInSeparateNamespaces() {
        NAMESPACES_OF_THE_MACHINE.forEach(
                (kind, initial) -> assertThat(seen.at("/namespaces/" + kind).asText())
                        .as(kind)
                        .startsWith(kind)
                        .isNotEqualTo(initial));
        assertThat(seen.at("/parent").asInt()).as("the agent is outside").isZero();
        assertThat(texts(seen.at("/processes")))
                .containsExactly(seen.at("/self").asText());
        assertThat(seen.at("/unixSockets")).as("the agent has some").isEmpty();
        assertThat(seen.at("/cgroup").asText()).isEqualTo("0::/python");
        assertThat(texts(seen.at("/groupsSeen"))).containsExactly("python");
        assertThat(tried.at("/keeper").asText()).isEqualTo("EPERM");
        assertThat(tried.at("/memoryOfKeeper").asText()).isEqualTo("ENOENT");
        assertThat(tried.at("/hostname").asText()).isEqualTo("EPERM");
        assertThat(tried.at("/cloneUser").asText()).isEqualTo("EPERM");
    }

    @Test
    void dangerousSystemCallsAreBlocked() {
        assertThat(fields(tried.at("/calls")))
                .hasSize(REFUSED_CALLS.size())
                .allSatisfy((call, answer) -> assertThat(answer).as(call).isEqualTo("EPERM"));
        assertThat(tried.at("/calls32").asText()).isEqualTo("killed");
    }

    @Test
    void socketsStayWithinTheMachine() {
        assertThat(fields(tried.at("/sockets")))
                .containsOnly(
                        entry("unix", "allowed"),
                        entry("inet", "allowed"),
                        entry("inet6", "allowed"),
                        entry("route", "allowed"),
                        entry("vsock", "EAFNOSUPPORT"),
                        entry("packet", "EAFNOSUPPORT"),
                        entry("cryptography", "EAFNOSUPPORT"),
                        entry("netfilter", "EPROTONOSUPPORT"),
                        entry("raw", "EPERM"));
        assertThat(texts(seen.at("/networks"))).containsExactly("lo");
    }

    @Test
    void devContainsOnlyWhatProgramsNeed() {
        assertThat(fields(seen.at("/devices"))).containsExactlyInAnyOrderEntriesOf(DEVICES);
        assertThat(fields(tried.at("/devices"))).containsOnly(entry("block", "EPERM"), entry("character", "EPERM"));
        assertThat(fields(seen.at("/mounts")).keySet())
                .filteredOn(target -> !has(target, "nodev"))
                .as("where a device would be one: /dev, and /dev/null over hidden files")
                .allMatch(target -> target.startsWith("/dev")
                        || HIDDEN_FILES.contains(target)
                        || target.equals("/proc/kpagecgroup"));
    }

    @Test
    void rootIsReadOnly() {
        assertThat(fields(seen.at("/mounts")).keySet())
                .filteredOn(target -> !has(target, "ro"))
                .as("files of a process' own are written in /proc")
                .containsExactlyInAnyOrder(
                        "/home/user", "/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/dev/pts", "/proc");
        assertThat(fields(seen.at("/mounts")).keySet()).allMatch(target -> has(target, "nosuid"));
        assertThat(fileSystems())
                .as("no debugfs, tracefs, bpffs or securityfs")
                .containsExactlyInAnyOrder("cgroup2", "devpts", "overlay", "proc", "sysfs", "tmpfs");
        assertThat(fields(tried.at("/directories")))
                .hasSize(READ_ONLY.size())
                .allSatisfy((place, answer) -> assertThat(answer).as(place).isEqualTo("EROFS"));
    }

    @Test
    void writableDirectoriesHaveQuotas() {
        long memory = seen.at("/memory").asLong();
        for (String place : WRITABLE) {
            JsonNode size = tried.at("/sizes").get(place);
            assertThat(size.get(0).asLong()).as("bytes of " + place).isBetween(1L, memory / 2 + PAGE);
            assertThat(size.get(1).asLong()).as("files of " + place).isBetween(1L, memory / 8192 + 1);
            assertThat(tried.at("/reserved").get(place).asText()).as(place).isEqualTo("ENOSPC");
        }
        JsonNode written = tried.at("/written");
        assertThat(written.get(0).asText()).isEqualTo("ENOSPC");
        assertThat(written.get(1).asLong()).isLessThanOrEqualTo(bytes("/run/lock"));
        JsonNode created = tried.at("/created");
        assertThat(created.get(0).asText()).isEqualTo("ENOSPC");
        assertThat(created.get(1).asLong()).isBetween(1000L, memory / 8192);
    }

    @Test
    void kernelSettingsAreReadOnly() {
        boolean small = texts(seen.at("/commandLine")).isEmpty()
                || seen.at("/settings/kernel~1modules_disabled").isNull();
        Map<String, String> expected = new TreeMap<>(SETTINGS);
        if (small) {
            FEATURES_OF_DEBIANS_KERNEL.forEach(expected::remove);
        }
        assertThat(fields(seen.at("/settings"))).containsAllEntriesOf(expected);
        assertThat(texts(seen.at("/commandLine")))
                .contains("ia32_emulation=0", "vsyscall=none", "debugfs=off", "panic=-1");
        assertThat(tried.at("/settings").asText()).as("writing one").isEqualTo("EROFS");
    }

    @Test
    void hidesKernelInformation() {
        Map<String, JsonNode> hidden = new TreeMap<>();
        seen.at("/hidden").properties().forEach(entry -> hidden.put(entry.getKey(), entry.getValue()));
        assertThat(hidden).containsKeys("/proc/kallsyms", "/proc/timer_list", "/proc/irq", "/sys/firmware");
        assertThat(hidden)
                .allSatisfy((path, content) -> assertThat(content.isTextual() ? content.asText() : content)
                        .as(path)
                        .isIn("", JSON.createArrayNode(), JSON.nullNode(), "Permission denied"));
    }

    @Test
    void programHasResourceLimits() {
        assertThat(texts(seen.at("/limits/Max core file size"))).containsExactly("0", "0");
        assertThat(texts(seen.at("/limits/Max open files"))).containsExactly("4096", "4096");
        assertThat(texts(seen.at("/limits/Max file size"))).containsExactly("1073741824", "1073741824");
        assertThat(seen.at("/limits/Max locked memory").get(1).asLong()).isBetween(1L, 8L << 20);
        assertThat(seen.at("/tasksMax").asInt()).isBetween(1, 4096);
        List<String> open = new ArrayList<>();
        fields(seen.at("/descriptors")).forEach((number, isOpen) -> {
            if (isOpen.equals("true")) {
                open.add(number);
            }
        });
        assertThat(open).as("nothing of the agent's").containsExactly("0", "1", "2");
    }

    @Test
    void machineHasOnlyTheseDevices() {
        assertThat(texts(seen.at("/virtio"))).isEqualTo(VIRTIO_DEVICES.get(vmm));
        assertThat(texts(seen.at("/blocks"))).containsExactly("vda");
        assertThat(texts(seen.at("/pci"))).isEmpty();
        List<String> others = new ArrayList<>();
        seen.at("/buses").forEach(devices -> others.addAll(texts(devices)));
        // The keyboard controller of Firecracker, by which it requests a shutdown.
        assertThat(others).isEqualTo(vmm.equals("firecracker") ? List.of("serio0") : List.of());
        if (vmm.equals("qemu")) {
            assertThat(new TreeSet<>(texts(seen.at("/acpi"))))
                    .as(
                            "event device, one transport for each of three devices, serial port, clock, power button, fw_cfg")
                    .containsExactly(
                            "ACPI0013:00",
                            "LNRO0005:00",
                            "LNRO0005:01",
                            "LNRO0005:02",
                            "PNP0501:00",
                            "PNP0B00:00",
                            "PNP0C0C:00",
                            "QEMU0002:00");
        }
    }

    private static JsonNode run(OpenedNeuroVisor neuroVisor, String resource, Map<String, ?> asked) throws IOException {
        try (InputStream stream = GuestHardeningIT.class.getResourceAsStream("hardening/" + resource)) {
            Program program = new Program(
                    Language.PYTHON,
                    new String(stream.readAllBytes(), StandardCharsets.UTF_8),
                    List.of(),
                    Map.of(),
                    ByteBuffer.wrap(JSON.writeValueAsBytes(asked)),
                    List.of(),
                    Interpreter.WARM);
            FinishedProgram end = neuroVisor.run(program, SandboxSize.SMALL, Duration.ofMinutes(2));
            assertThat(end.result().outcome()).as(end.describe()).isEqualTo(Outcome.COMPLETED);
            assertThat(end.result().exit().exitCode()).as(end.describe()).isZero();
            return JSON.readTree(end.stdout());
        }
    }

    private static String status(String name) {
        return seen.at("/status/" + name).asText();
    }

    private static long bytes(String place) {
        return tried.at("/sizes").get(place).get(0).asLong();
    }

    private static boolean has(String target, String option) {
        return texts(seen.at("/mounts").get(target)).contains(option);
    }

    private static Set<String> fileSystems() {
        Set<String> all = new TreeSet<>();
        seen.at("/mounts").forEach(mount -> all.add(mount.get(0).asText()));
        return all;
    }

    private static List<String> texts(JsonNode array) {
        List<String> all = new ArrayList<>();
        array.forEach(element -> all.add(element.asText()));
        return all;
    }

    private static Map<String, String> fields(JsonNode object) {
        Map<String, String> all = new TreeMap<>();
        object.properties()
                .forEach(field -> all.put(field.getKey(), field.getValue().asText()));
        return all;
    }
}
