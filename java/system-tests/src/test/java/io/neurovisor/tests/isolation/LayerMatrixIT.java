package io.neurovisor.tests.isolation;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.server.client.sandbox.SandboxClient;
import io.neurovisor.server.client.sandbox.SandboxCopy;
import io.neurovisor.server.client.sandbox.SandboxRequest;
import io.neurovisor.server.config.VmmChoice;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.InjectedCall;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.fixtures.RunningVm;
import io.neurovisor.tests.fixtures.TestMachines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Makes the attempts of a compromised VMM with each layer alone, while the others are bypassed or absent. {@code NEUROVISOR_VMM} names
 * the VMM. The result must equal the table in the security documents. Each attempt must succeed without any layer; an attempt that no
 * layer stops is an escape.
 */
final class LayerMatrixIT {
    private static final String SUCCEEDED = "returned 0";
    /** The time in which a sandbox gets its machine, which the lab emulates twice. */
    private static final Duration LIMIT = Duration.ofMinutes(5);

    /** The columns of the table, counted from 1. */
    private static final Map<VmmChoice, Integer> COLUMNS = Map.of(VmmChoice.QEMU, 2, VmmChoice.FIRECRACKER, 3);

    private static final String CWD = "18446744073709551516";

    /** Numbers of calls are those of x86-64. */
    private enum Attempt {
        READ("reads /etc/shadow of the host", "257", CWD + " @/etc/shadow 0 0"),
        MEMORY_DEVICE("opens the host's memory, /dev/mem", "257", CWD + " @/dev/mem 0 0"),
        SETTING(
                "opens a setting of the host's kernel to write to it",
                "257",
                CWD + " @/proc/sys/kernel/core_pattern 1 0"),
        SOCKET("makes a socket of the Internet", "41", "2 1 0"),
        NETLINK("makes a socket of the kernel's interfaces", "41", "16 3 0"),
        NAMESPACE("makes itself a network", "272", "1073741824"),
        KEY("adds a key to the kernel's", "248", "@user @neurovisor @x 1 18446744073709551614"),
        RING("makes a ring of io_uring", "425", "8 %" + "00".repeat(120)),
        BPF(
                "makes a map of the kernel's programs",
                "321",
                "0 %02000000040000000400000001000000" + "00".repeat(56) + " 72"),
        TRACE("traces the first process of the host", "101", "16902 1 0 0"),
        PROCESS("becomes two processes", "57", ""),
        MEMORY("takes 1.5 GiB of memory", "9", "0 1610612736 3 32802 18446744073709551615 0");

        private final String shown;
        private final String call;
        private final String arguments;

        Attempt(String shown, String call, String arguments) {
            this.shown = shown;
            this.call = call;
            this.arguments = arguments;
        }

        /** Makes the attempt without the seccomp filters of the process. */
        String by(ProcessHandle process) {
            return InjectedCall.unfiltered(process, call, arguments);
        }
    }

    @BeforeAll
    static void build() {
        assumeThat(System.getenv("NEUROVISOR_IN_LAB"))
                .as("the layers are all there in the lab: ./neurovisor test lab/LayerMatrixIT")
                .isNotNull();
        assumeThat(COLUMNS).as("the table is of one of them").containsKey(vmm());
        InjectedCall.build();
    }

    @Test
    void eachLayerStopsWhatTheTableStates() throws IOException {
        for (Attempt attempt : Attempt.values()) {
            assertThat(withoutLayers(attempt)).as(attempt + " without a layer").isTrue();
        }
        Map<String, Set<Attempt>> layers = new TreeMap<>();
        layers.put("3", stopped("--ebpf=off", LayerMatrixIT::inGroupOf));
        layers.put("5", stopped("--ebpf=on", (vmm, attempt) -> {
            lift(vmm);
            return inGroupOf(vmm, attempt);
        }));
        Set<Attempt> jailed = stopped("--ebpf=off", (vmm, attempt) -> {
            lift(vmm);
            return attempt.by(vmm);
        });
        layers.put("1", jailed);
        layers.put("2", filtered(jailed));
        Map<String, String> found = Stream.of(Attempt.values())
                .collect(Collectors.toMap(
                        attempt -> attempt.shown,
                        attempt -> layers.entrySet().stream()
                                .filter(layer -> layer.getValue().contains(attempt))
                                .map(Map.Entry::getKey)
                                .collect(Collectors.joining(", "))));
        assertThat(found.values()).as("stopped by nothing").doesNotContain("");
        assertThat(found).isEqualTo(ofSecurityDocument());
    }

    /** How a sandbox came to its machine. */
    enum Life {
        CREATED,
        RESUMED,
        COPIED;

        /** Returns a sandbox, which alone has a machine. */
        String of(SandboxClient client) {
            String id = client.create(new SandboxRequest(
                            Optional.empty(),
                            Optional.empty(),
                            Optional.of(Duration.ofHours(1)),
                            Map.of(),
                            Map.of(),
                            Optional.empty(),
                            Optional.empty()))
                    .id();
            if (this == CREATED) {
                return id;
            }
            assertThat(client.pause(id).isPaused()).isTrue();
            if (this == RESUMED) {
                return resumed(client, id);
            }
            SandboxCopy copy = client.fork(id, 1, Optional.empty()).getFirst();
            return ((SandboxCopy.Made) copy).sandbox().id();
        }

        /** Repeats a call that ends because resuming takes longer than calls wait. */
        private static String resumed(SandboxClient client, String id) {
            return await().atMost(LIMIT)
                    .ignoreExceptionsMatching(failure ->
                            failure instanceof NeuroVisorException busy && busy.fault() == Fault.SANDBOX_BUSY)
                    .until(() -> client.connect(id).id(), id::equals);
        }
    }

    /**
     * A daemon that requires all layers keeps a sandbox, whose VMM makes each attempt once, without its filters: the others stop what
     * they stop of an execution. The last attempt takes more memory than the group allows, so it ends the sandbox.
     */
    @ParameterizedTest
    @EnumSource
    void aLivingSandboxHasTheSameLayers(Life life, @TempDir Path directory) throws IOException {
        try (RunningDaemon daemon = RunningDaemon.start(
                        directory,
                        "--warm=0",
                        "--max=2",
                        "--size=small",
                        "--ebpf=on",
                        "--strict",
                        "--acquire-timeout=" + LIMIT.toSeconds());
                SandboxClient client = SandboxClient.connect(directory.resolve("daemon.sock"), Optional.empty())) {
            String id = life.of(client);
            assertThat(client.get(id).layers())
                    .hasSize(6)
                    .allSatisfy(layer -> assertThat(layer.status()).isEqualTo(LayerState.Status.LIVE));
            ProcessHandle vmm = daemon.vmms().getFirst();
            Set<String> stopped = new TreeSet<>();
            for (Attempt attempt : Attempt.values()) {
                String outcome = attempt.by(vmm);
                System.out.println(life + " sandbox " + attempt + " " + outcome);
                if (!succeeded(outcome)) {
                    stopped.add(attempt.shown);
                }
            }
            assertThat(stopped)
                    .isEqualTo(ofSecurityDocument().entrySet().stream()
                            .filter(row -> row.getValue().matches(".*[135].*"))
                            .map(Map.Entry::getKey)
                            .collect(Collectors.toCollection(TreeSet::new)));
        }
    }

    /** Returns the attempts that the filters of all threads stop; each thread has its own filter. */
    private static Set<Attempt> filtered(Set<Attempt> jailed) throws IOException {
        Set<Attempt> filtered = EnumSet.allOf(Attempt.class);
        for (String thread : threads()) {
            filtered.retainAll(stopped("--ebpf=off", (vmm, attempt) -> {
                lift(vmm);
                String outcome =
                        InjectedCall.of(requireNonNull(threadsOf(vmm).get(thread)), attempt.call, attempt.arguments);
                // An error is caused by the filter if no other layer refuses the call.
                return jailed.contains(attempt) && outcome.startsWith("returned ") ? SUCCEEDED : outcome;
            }));
        }
        return filtered;
    }

    private static Set<String> threads() throws IOException {
        RunningVm running = RunningVm.start("--ebpf=off");
        try {
            return threadsOf(running.vmm()).keySet();
        } finally {
            end(running);
        }
    }

    /**
     * Returns the first thread of each name. All threads of QEMU have the same name and filters; those of Firecracker differ. The
     * thread of KVM runs only kernel code.
     */
    private static Map<String, Long> threadsOf(ProcessHandle vmm) throws IOException {
        Map<String, Long> threads = new TreeMap<>();
        try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(vmm.pid()), "task"))) {
            for (Path task : (Iterable<Path>) tasks::iterator) {
                threads.merge(
                        Files.readString(task.resolve("comm")).strip(),
                        Long.parseLong(task.getFileName().toString()),
                        Math::min);
            }
        }
        threads.keySet().removeIf(name -> name.startsWith("kvm-"));
        return threads;
    }

    private static VmmChoice vmm() {
        return TestMachines.settings().config().vmm().choice();
    }

    /** Returns the table of the document by attempt. */
    private static Map<String, String> ofSecurityDocument() throws IOException {
        List<String> lines = Files.readAllLines(CommandLineRun.home().resolve("docs/design/security-tests.md"));
        int head =
                lines.indexOf("| a VMM that is taken over | QEMU: stopped by layer | Firecracker: stopped by layer |");
        assertThat(head).as("the table's head in docs/design/security-tests.md").isNotNegative();
        int column = requireNonNull(COLUMNS.get(vmm()), "the table has no column of the VMM");
        return lines.subList(head + 2, lines.size()).stream()
                .takeWhile(line -> line.startsWith("| "))
                .map(line -> line.split(" *\\| *"))
                .collect(Collectors.toMap(row -> row[1], row -> row[column]));
    }

    private interface Trial {
        String of(ProcessHandle vmm, Attempt attempt) throws IOException;
    }

    /** Makes each attempt in the same machine, or in a new one after an attempt that may kill it. */
    private static Set<Attempt> stopped(String ebpf, Trial trial) throws IOException {
        Set<Attempt> stopped = EnumSet.noneOf(Attempt.class);
        RunningVm running = RunningVm.start(ebpf);
        try {
            for (Attempt attempt : Attempt.values()) {
                String outcome = trial.of(running.vmm(), attempt);
                System.out.println(ebpf + " " + attempt + " " + outcome);
                if (!succeeded(outcome)) {
                    stopped.add(attempt);
                }
                if (outcome.startsWith("killed ")) {
                    end(running);
                    running = RunningVm.start(ebpf);
                }
            }
        } finally {
            end(running);
        }
        return stopped;
    }

    private static void end(RunningVm running) {
        running.neurovisor().destroy();
        running.neurovisor().onExit().orTimeout(1, TimeUnit.MINUTES).join();
    }

    private static boolean withoutLayers(Attempt attempt) throws IOException {
        Process process = new ProcessBuilder("sleep", "1000").start();
        try {
            return succeeded(attempt.by(process.toHandle()));
        } finally {
            process.destroyForcibly();
        }
    }

    /** Makes the attempt in a process of root that is confined only by the control group of the VMM. */
    private static String inGroupOf(ProcessHandle vmm, Attempt attempt) throws IOException {
        Process process = new ProcessBuilder("sleep", "1000").start();
        try {
            Files.writeString(groupOf(vmm).resolve("cgroup.procs"), Long.toString(process.pid()));
            return attempt.by(process.toHandle());
        } finally {
            process.destroyForcibly();
        }
    }

    /** Removes the limits of its control group. */
    private static void lift(ProcessHandle vmm) throws IOException {
        for (String limit : List.of("memory.max", "pids.max")) {
            for (Path group = groupOf(vmm);
                    Files.exists(group.resolve(limit));
                    group = requireNonNull(group.getParent(), "the root has a limit")) {
                Files.writeString(group.resolve(limit), "max");
            }
        }
    }

    private static Path groupOf(ProcessHandle vmm) throws IOException {
        String path = Files.readString(Path.of("/proc", Long.toString(vmm.pid()), "cgroup"))
                .lines()
                .filter(line -> line.startsWith("0::/"))
                .findFirst()
                .orElseThrow()
                .substring(4);
        return Path.of("/sys/fs/cgroup").resolve(path);
    }

    private static boolean succeeded(String outcome) {
        return outcome.startsWith("returned ") && !outcome.startsWith("returned -");
    }
}
