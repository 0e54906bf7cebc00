package io.neurovisor.tests.installation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.HostCommand;
import io.neurovisor.tests.isolation.DaemonAttempts;
import io.neurovisor.tests.isolation.DaemonIntruder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;

/** Tests the systemd unit with a real systemd, which lab/systemd.sh has started in the lab machine. */
@Timeout(value = 1500, unit = TimeUnit.SECONDS)
final class ServiceUnitIT {
    private static final String UNIT = "neurovisor.service";
    private static final Path INSTALLED = Path.of("/etc/systemd/system", UNIT);
    private static final Path SETTINGS = Path.of("/etc/neurovisor");
    private static final Path DATA = Path.of("/var/lib/neurovisor");
    private static final Path RUNTIME = Path.of("/run/neurovisor");
    private static final Path GROUP = Path.of("/sys/fs/cgroup/system.slice", UNIT);
    private static final String GROUP_OF_DAEMON = "0::/system.slice/" + UNIT + "/daemon\n";
    private static final String GROUP_OF_MACHINES = "0::/system.slice/" + UNIT + "/neurovisor/vm-";
    private static final Duration LIMIT = Duration.ofMinutes(5);

    /** The limit of the exposure level of {@code systemd-analyze security}; 10 is a unit without restrictions. */
    private static final double MOST_EXPOSURE = 7.0;

    private record Machine(String group, long pid) {
        String name() {
            return group.substring(group.lastIndexOf('/') + 1);
        }
    }

    @BeforeAll
    static void aSystemdThatIsThereForThis() {
        assumeThat(System.getenv("NEUROVISOR_IN_LAB"))
                .as("it changes the services of the machine, which only the lab's are for")
                .isNotNull();
        assumeThat(Path.of("/run/systemd/system"))
                .as("started by lab/systemd.sh: ./neurovisor test lab/ServiceUnitIT")
                .isDirectory();
    }

    @Test
    void serviceRunsFromInstallationToRemoval(TestReporter reporter) throws Exception {
        Files.createDirectories(SETTINGS);
        // An emulated machine is slow to start other machines and to probe its KVM.
        Files.writeString(
                SETTINGS.resolve("environment"),
                "JAVA_HOME=" + System.getProperty("java.home")
                        + "\nNEUROVISOR_POOL_SIZE=1\nNEUROVISOR_MAX_VMS=3\nNEUROVISOR_ACQUIRE_TIMEOUT=5m\nNEUROVISOR_IN_LAB=1\n");
        Files.writeString(SETTINGS.resolve("config.yaml"), "log-level: info\n");

        CommandLineRun install = CommandLineRun.of(Map.of("NEUROVISOR_VMM", ""), "service", "install");
        assertThat(install.exitCode()).as(install.stderr()).isZero();
        assertThat(install.stderr()).contains("Installed: " + INSTALLED);
        assertThat(property("ActiveState")).isEqualTo("inactive");

        systemctl("start", UNIT);
        assertServes();
        double exposure = exposure();
        reporter.publishEntry("systemd-analyze security", Double.toString(exposure));
        assertThat(exposure).isLessThan(MOST_EXPOSURE);

        assertItsJvmReachesNothingOfTheMachine();

        Set<String> gone = killed();
        assertServes();
        assertNothingIsLeftOf(gone);

        followsItsSettings();
        stops();
        isTakenAway();
    }

    /** Checks that the service is active; {@code systemctl start} returns after the notification of the daemon. */
    private static void assertServes() throws IOException {
        assertThat(systemctl("is-active", UNIT)).isEqualTo("active");
        assertThat(property("StatusText")).startsWith("serves gRPC on 127.0.0.1:50051");
        Path daemon = Path.of("/proc", property("MainPID"));
        assertThat(Files.readString(daemon.resolve("cgroup"))).isEqualTo(GROUP_OF_DAEMON);
        assertThat(Files.readString(daemon.resolve("status")).lines())
                .contains("NoNewPrivs:\t1", "Seccomp:\t2", "CapEff:\t0000000000000002");

        CommandLineRun run = CommandLineRun.await(run("--json=full", "-l", "python", "-c", "print(6*7)"));
        assertThat(run.exitCode()).as(run.stderr() + log()).isZero();
        JsonNode report = new ObjectMapper().readTree(run.stdout());
        assertThat(report.at("/stdout").asText()).isEqualTo("42\n");
        assertThat(report.at("/daemon").asText())
                .isEqualTo(RUNTIME.resolve("daemon.sock").toString());
        assertThat(report.at("/vmm").asText()).isEqualTo("firecracker");
        List<Integer> live = StreamSupport.stream(report.at("/layers").spliterator(), false)
                .filter(layer -> layer.at("/status").asText().equals("live"))
                .map(layer -> layer.at("/layer").asInt())
                .toList();
        assertThat(live).as(run.stdout()).contains(1, 2, 3, 6);
        // The filters of the spawner and of Firecracker, in addition to those of the unit.
        assertThat(report.at("/layers/1/detail").asText()).startsWith("2 filters on each of ");
    }

    /** Checks that an attacker in the JVM cannot make the kernel, systemd or other programs run code, or read a disk. */
    private static void assertItsJvmReachesNothingOfTheMachine() throws Exception {
        Map<String, String> attempts = DaemonIntruder.attempts(Long.parseLong(property("MainPID")), DATA);
        assertThat(attempts).containsEntry("own", DaemonAttempts.DONE);
        for (String closed : List.of(
                "exec", "core_pattern", "hostname", "cron", "home", "disk write", "disk read", "systemd", "bus")) {
            assertThat(attempts.get(closed)).as(closed).isNotEqualTo(DaemonAttempts.DONE);
        }
        assertThat(attempts.get("disk read")).doesNotContain("NoSuchFile");
        // The socket is replaced by one without a listener.
        assertThat(attempts.get("systemd")).contains("Connection refused");
    }

    /** Kills the daemon during a program; systemd restarts it. Returns the names of its machines. */
    private static Set<String> killed() throws IOException, InterruptedException {
        String pid = property("MainPID");
        Process program = endless();
        List<Machine> machines = machines();
        assertThat(machines)
                .isNotEmpty()
                .allSatisfy(machine -> assertThat(machine.group()).startsWith(GROUP_OF_MACHINES));

        systemctl("kill", "--signal=KILL", UNIT);
        assertThat(program.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(program.exitValue()).as("the exit code of what was lost").isEqualTo(126);
        await().atMost(LIMIT)
                .until(() -> property("ActiveState").equals("active")
                        && !property("MainPID").equals(pid));
        assertThat(property("NRestarts")).isEqualTo("1");
        return machines.stream().map(Machine::name).collect(Collectors.toSet());
    }

    private static void assertNothingIsLeftOf(Set<String> machines) throws IOException {
        assertThat(machines()).noneMatch(machine -> machines.contains(machine.name()));
        for (Path place : List.of(GROUP, RUNTIME, DATA.resolve("jails"))) {
            HostCommand.Result files = HostCommand.run(List.of("find", place.toString(), "-xdev"));
            assertThat(files.stdout().lines())
                    .as(place.toString())
                    .noneMatch(path -> machines.stream().anyMatch(path::contains));
        }
    }

    private static void followsItsSettings() throws IOException {
        String pid = property("MainPID");
        Files.writeString(SETTINGS.resolve("config.yaml"), "log-level: warn\n");
        systemctl("reload", UNIT);
        await().atMost(LIMIT)
                .until(() -> log().contains("the log level is now warn, set by " + SETTINGS + "/config.yaml:1"));
        assertThat(systemctl("is-active", UNIT)).isEqualTo("active");
        assertThat(property("MainPID")).isEqualTo(pid);
    }

    /** Stops the service during an endless program: after the drain timeout and before systemd would kill it. */
    private static void stops() throws IOException, InterruptedException {
        Process program = endless();
        assertThat(machines()).isNotEmpty();
        systemctl("stop", UNIT);
        assertThat(property("ActiveState")).isEqualTo("inactive");
        assertThat(property("Result")).as(log()).isEqualTo("success");
        assertThat(property("ExecMainStatus")).isEqualTo("0");
        // systemd removes a group after its last process has ended.
        await().atMost(LIMIT).untilAsserted(() -> assertThat(GROUP).doesNotExist());
        assertThat(machines()).isEmpty();
        assertThat(program.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    private static void isTakenAway() throws IOException {
        systemctl("enable", UNIT);
        Path wanted = INSTALLED.resolveSibling("multi-user.target.wants").resolve(UNIT);
        assertThat(wanted).exists();
        CommandLineRun uninstall = CommandLineRun.of("service", "uninstall");
        assertThat(uninstall.exitCode()).as(uninstall.stderr()).isZero();
        assertThat(INSTALLED).doesNotExist();
        assertThat(wanted).doesNotExist();
        assertThat(property("LoadState")).isEqualTo("not-found");
        assertThat(DATA.resolve("images")).isNotEmptyDirectory();
    }

    /** Starts a run that only the service can execute. */
    private static Process run(String... arguments) {
        List<String> command = new ArrayList<>(List.of("run"));
        command.addAll(List.of(arguments));
        return CommandLineRun.start(
                Map.of(
                        "NEUROVISOR_VMM",
                        "",
                        "NEUROVISOR_DAEMON",
                        "on",
                        "NEUROVISOR_SOCKET",
                        RUNTIME.resolve("daemon.sock").toString()),
                command.toArray(String[]::new));
    }

    /** Starts an endless program; retries, because a new service may have no machine within the timeout. */
    private static Process endless() {
        return await().atMost(LIMIT)
                .until(
                        () -> run("--timeout=1h", "-l", "bash", "-c", "echo running; sleep 3000"),
                        program -> program.inputReader().lines().findFirst().equals(Optional.of("running")));
    }

    private static List<Machine> machines() {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info().command().orElse("").contains("firecracker"))
                .map(process -> new Machine(group(process.pid()), process.pid()))
                .filter(machine -> !machine.group().isEmpty())
                .toList();
    }

    /** Returns the control group of a process; empty if it has ended. */
    private static String group(long pid) {
        try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(pid), "cgroup"))) {
            return lines.findFirst().orElse("");
        } catch (IOException | UncheckedIOException ended) {
            return "";
        }
    }

    private static double exposure() {
        HostCommand.Result run = HostCommand.run(List.of("systemd-analyze", "--no-pager", "security", UNIT));
        String last = run.stdout().strip().lines().reduce("", (_, line) -> line);
        assertThat(last).as(run.stderr()).contains("exposure level");
        return Double.parseDouble(last.replaceFirst(".*: ([0-9.]+) .*", "$1"));
    }

    private static String property(String name) {
        return systemctl("show", "--value", "--property=" + name, UNIT);
    }

    private static String systemctl(String... arguments) {
        List<String> command = new ArrayList<>(List.of("systemctl"));
        command.addAll(List.of(arguments));
        HostCommand.Result run = HostCommand.run(command);
        assertThat(run.exitCode()).as(command + ": " + run.stderr() + log()).isZero();
        return run.stdout().strip();
    }

    private static String log() {
        return HostCommand.run(List.of("journalctl", "--no-pager", "--output=cat", "--unit=" + UNIT))
                .stdout();
    }
}
