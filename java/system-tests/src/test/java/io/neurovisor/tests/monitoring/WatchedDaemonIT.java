package io.neurovisor.tests.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.server.config.VmmChoice;
import io.neurovisor.tests.firecracker.FirecrackerMachines;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.HostCommand;
import io.neurovisor.tests.fixtures.InjectedCall;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.fixtures.TestMachines;
import io.neurovisor.tests.monitoring.MonitoringFiles.Query;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests a daemon whose machines are monitored by eBPF programs and control groups, on the VMM that {@code NEUROVISOR_VMM} names. System
 * calls of a compromised VMM are injected past its seccomp filters. The tests depend on the counters of earlier ones, so they are
 * ordered.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class WatchedDaemonIT {
    private static final Duration LIMIT = Duration.ofMinutes(8);
    private static final String REFUSED = "returned -1";

    @TempDir
    private static Path directory;

    private static RunningDaemon daemon;
    private static Path audit;

    /** Audit lines of earlier daemons. */
    private static List<String> earlier = List.of();

    @BeforeAll
    static void start() throws IOException {
        assumeThat(System.getenv("NEUROVISOR_IN_LAB"))
                .as("eBPF programs of security modules run in the lab: ./neurovisor test lab/WatchedDaemonIT")
                .isNotNull();
        InjectedCall.build();
        audit = TestMachines.dataDirectory().resolve("audit");
        earlier = lines();
        daemon = RunningDaemon.start(directory, Map.of(), "--ebpf=on", "--warm=1", "--max=2");
        // A lab machine that stalls drops connections, so the request is retried.
        await().atMost(LIMIT)
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> daemon.status("/ready").equals("200 ready"));
    }

    @AfterAll
    static void stop() {
        if (daemon != null) {
            daemon.close();
        }
    }

    @ShortTier
    @Test
    @Order(1)
    void allSixLayersAreLive() throws Exception {
        for (int layer = 1; layer <= 6; layer++) {
            assertThat(value("neurovisor_layer_live{layer=\"" + layer + "\"}"))
                    .as("layer " + layer)
                    .isEqualTo(1);
        }
        assertThat(value("neurovisor_ebpf_enabled")).isEqualTo(1);
        assertThat(value("neurovisor_ebpf_tracked_pids")).isGreaterThan(1);
        // The program that creates the jail, and the VMM.
        assertThat(value("neurovisor_ebpf_process_exec_total")).isGreaterThanOrEqualTo(2);
        assertThat(value("neurovisor_ebpf_syscall_total{syscall=\"ioctl\"}")).isGreaterThan(10);
        assertThat(notices("blocked"))
                .as("an honest machine is refused nothing")
                .isEmpty();
        assertThat(notices("noticed")).as("what it calls is in its kind's list").isEmpty();
    }

    @Test
    @Order(2)
    void refusedAttemptsOfAVmmAreAudited() throws Exception {
        ProcessHandle vmm = daemon.warmVmm();
        String secret = secretOf(vmm);
        // AT_FDCWD; O_RDONLY.
        assertThat(InjectedCall.unfiltered(vmm, "257", "18446744073709551516 @" + secret + " 0"))
                .isEqualTo(REFUSED);
        // A new TCP socket, then a connection of an existing socket to 127.0.0.1, port 80.
        assertThat(InjectedCall.unfiltered(vmm, "41", "2 1 0")).isEqualTo(REFUSED);
        assertThat(InjectedCall.unfiltered(vmm, "42", socketOf(vmm) + " %020000507f0000010000000000000000 16"))
                .isEqualTo(REFUSED);
        assertThat(InjectedCall.unfiltered(vmm, "59", "@" + program(vmm) + " 0 0"))
                .isEqualTo(REFUSED);

        // BPF_MAP_CREATE.
        assertThat(InjectedCall.unfiltered(vmm, "321", "0 %" + "00".repeat(16) + " 16"))
                .isEqualTo(REFUSED);

        // A program is opened before it is executed, and the open is refused.
        Map.of("file_open", 2.0, "socket_create", 1.0, "socket_connect", 1.0, "bpf", 1.0)
                .forEach((hook, count) -> assertThat(value("neurovisor_ebpf_lsm_blocked_total{hook=\"" + hook + "\"}"))
                        .as(hook)
                        .isEqualTo(count));
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(notices("blocked"))
                        .anyMatch(line -> line.contains("\"hook\":\"file_open\",\"subject\":\"" + secret + "\""))
                        .anyMatch(line -> line.contains("\"hook\":\"socket_create\",\"subject\":\"2\""))
                        .anyMatch(line -> line.contains("\"hook\":\"socket_connect\",\"subject\":\"2\"")));
        assertThat(notices("noticed"))
                .as("a VMM never calls connect(2)")
                .anyMatch(line -> line.contains("\"hook\":\"syscall\",\"subject\":\"42\""));
        assertThat(vmm.isAlive()).isTrue();
    }

    @ShortTier
    @Test
    @Order(3)
    void machineWithRefusedCallsStillRunsItsProgram() throws Exception {
        Set<String> first = machines("neurovisor_cgroup_memory_usage_bytes\\{vm_id=\"(.+)\"} [1-9]\\.\\d+E[789]");
        assertThat(first).hasSize(1);
        assertThat(machines("neurovisor_cgroup_cpu_throttled_total\\{vm_id=\"(.+)\"} [\\d.]+"))
                .isEqualTo(first);
        assertThat(ExecutionServiceGrpc.newBlockingStub(daemon.channel())
                        .execute(ExecuteRequest.newBuilder()
                                .setLanguage("python")
                                .setCode("print(6*7)")
                                .build())
                        .getStdout())
                .isEqualTo("42\n");
        await().atMost(LIMIT)
                .ignoreExceptionsInstanceOf(IOException.class)
                .untilAsserted(() -> assertThat(
                                machines("neurovisor_cgroup_memory_usage_bytes\\{vm_id=\"(.+)\"} [1-9]\\.\\d+E[789]"))
                        .hasSize(1)
                        .doesNotContainAnyElementsOf(first));
    }

    @Test
    @Order(4)
    void removedPolicyBreaksTheLayer(@TempDir Path runtime) throws Exception {
        try (TestMachines machines = new TestMachines(runtime, vmm());
                Vm vm = cold(machines)) {
            assertThat(ebpf(vm).status()).as(ebpf(vm).detail()).isEqualTo(LayerState.Status.LIVE);
            takePolicyOf(vm.id());
            assertThat(ebpf(vm).status()).isEqualTo(LayerState.Status.BROKEN);
        }
    }

    @Test
    @Order(5)
    void vmmExecutesOnlyNamedPrograms(@TempDir Path runtime) throws IOException {
        assumeThat(vmm()).as("only QEMU is launched by bubblewrap here").isEqualTo(VmmChoice.QEMU);
        Path wrapper = Files.writeString(runtime.resolve("bwrap"), "#!/bin/sh\nexec /usr/bin/bwrap \"$@\"\n");
        Files.setPosixFilePermissions(runtime, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwxr-xr-x"));
        try (TestMachines machines = new TestMachines(runtime, VmmChoice.QEMU, wrapper)) {
            assertThatThrownBy(() -> cold(machines).close()).isInstanceOf(NeuroVisorException.class);
            // The policy allows the script, but not its shell.
            assertThat(machines.ebpf().blocked()).containsEntry("bprm_check_security", 1L);
        }
    }

    @Test
    @Order(6)
    void examplesThatNeedAllLayersHold() {
        assumeThat(vmm()).as("they say the same on both").isEqualTo(VmmChoice.QEMU);
        for (String name : List.of("cgroups_demo", "ebpf_proof", "lsm_proof")) {
            CommandLineRun run = CommandLineRun.of("example", name);
            assertThat(run.exitCode()).as(run.stdout() + run.stderr()).isZero();
            assertThat(run.stdout()).doesNotContain("BROKEN").endsWith("the promise held\n");
        }
    }

    /** Covers the metrics that exist only in the lab. */
    @Test
    @Order(7)
    void panelsOfControlGroupsHaveData(@TempDir Path own) {
        assumeThat(vmm()).as("they have the same on both").isEqualTo(VmmChoice.FIRECRACKER);
        assumeThat(System.getenv("NEUROVISOR_TEST_MONITORS"))
                .as("./neurovisor test lab/WatchedDaemonIT fetches a Prometheus")
                .isNotNull();
        String address = "127.0.0.1:" + daemon.statusPort();
        List<Query> queries = MonitoringFiles.panelQueries().stream()
                .filter(query -> PrometheusIT.OF_THE_LAB.stream().anyMatch(query.expression()::contains))
                .map(query -> new Query(query.where(), PrometheusIT.substituted(query.expression(), address)))
                .toList();
        assertThat(queries).hasSizeGreaterThanOrEqualTo(PrometheusIT.OF_THE_LAB.size());
        try (RunningPrometheus prometheus = RunningPrometheus.start(own, List.of(address), address)) {
            await().atMost(LIMIT)
                    .pollInterval(Duration.ofSeconds(1))
                    .untilAsserted(() -> assertThat(queries)
                            .filteredOn(query -> !prometheus.hasNumber(query.expression()))
                            .as("without data")
                            .isEmpty());
        }
    }

    private static VmmChoice vmm() {
        return TestMachines.settings().config().vmm().choice();
    }

    private static Vm cold(TestMachines machines) {
        return machines.vmm()
                .start(
                        FirecrackerMachines.newId(),
                        new VmStart.ColdBoot(machines.files(), SandboxSize.SMALL),
                        FirecrackerMachines.soon());
    }

    private static LayerState ebpf(Vm vm) {
        return vm.layers().get(Layer.EBPF_LSM.number() - 1);
    }

    /** Deletes the policy from the map of its spawner, as root can without NeuroVisor. */
    private static void takePolicyOf(VmId id) throws IOException {
        Path group;
        try (Stream<Path> groups = Files.list(Path.of("/sys/fs/cgroup/neurovisor"))) {
            group = groups.filter(path -> path.toString().endsWith(id.value()))
                    .findFirst()
                    .orElseThrow();
        }
        List<String> key = new ArrayList<>();
        for (byte part : ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong((long) Files.getAttribute(group, "unix:ino"))
                .array()) {
            key.add("%02x".formatted(part));
        }
        HostCommand.Result maps = HostCommand.run(List.of("bpftool", "map", "list"));
        List<Integer> deleted = maps.stdout()
                .lines()
                .filter(line -> line.contains("name policies"))
                .map(line -> line.substring(0, line.indexOf(':')))
                .map(map -> Stream.concat(Stream.of("bpftool", "map", "delete", "id", map, "key", "hex"), key.stream())
                        .toList())
                .map(command -> HostCommand.run(command).exitCode())
                .toList();
        assertThat(deleted).as(maps.stdout() + maps.stderr()).contains(0);
    }

    /** Returns a world-readable file that the VMM can see and does not use. */
    private static String secretOf(ProcessHandle vmm) throws IOException {
        Path root = Path.of("/proc", Long.toString(vmm.pid()), "root");
        Path cache = root.resolve("etc/ld.so.cache");
        if (Files.exists(cache)) {
            return "/etc/ld.so.cache"; // The root of QEMU is read-only.
        }
        Path shadow = Files.createDirectories(root.resolve("etc")).resolve("shadow");
        Files.writeString(shadow, "root:secret");
        Files.setPosixFilePermissions(shadow.getParent(), PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(shadow, PosixFilePermissions.fromString("rw-r--r--"));
        return "/etc/shadow";
    }

    /** Returns the path of the VMM in its own root. */
    private static String program(ProcessHandle vmm) {
        String command = vmm.info().command().orElseThrow();
        return command.endsWith("/firecracker") ? "/firecracker" : command;
    }

    /** Returns the descriptor of one of its sockets. */
    private static String socketOf(ProcessHandle vmm) throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc", Long.toString(vmm.pid()), "fd"))) {
            Predicate<Path> isSocket = path -> {
                try {
                    return Files.readSymbolicLink(path).toString().startsWith("socket:");
                } catch (IOException exception) {
                    return false;
                }
            };
            return descriptors
                    .filter(isSocket)
                    .findFirst()
                    .orElseThrow()
                    .getFileName()
                    .toString();
        }
    }

    private static List<String> notices(String event) throws IOException {
        return lines().stream()
                .filter(line -> line.contains("\"event\":\"" + event + "\"") && !earlier.contains(line))
                .toList();
    }

    private static List<String> lines() throws IOException {
        if (!Files.exists(audit)) {
            return List.of();
        }
        List<String> lines = new ArrayList<>();
        try (Stream<Path> files = Files.list(audit)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                lines.addAll(Files.readAllLines(file));
            }
        }
        return lines;
    }

    private static List<String> metrics() {
        try {
            return daemon.metrics();
        } catch (IOException | InterruptedException exception) {
            throw new AssertionError(exception);
        }
    }

    private static double value(String series) {
        return metrics().stream()
                .filter(line -> line.startsWith(series + " "))
                .map(line -> line.substring(series.length() + 1).split(" ", -1)[0])
                .mapToDouble(Double::parseDouble)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no series " + series));
    }

    /** Returns the ids of the machines in a series. */
    private static Set<String> machines(String series) {
        return metrics().stream()
                .map(Pattern.compile(series)::matcher)
                .filter(Matcher::matches)
                .map(matcher -> matcher.group(1))
                .collect(Collectors.toSet());
    }
}
