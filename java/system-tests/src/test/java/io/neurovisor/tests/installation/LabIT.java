package io.neurovisor.tests.installation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.TestMachines;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests the lab machine: what passes between host and machine, what stays in it, and how it ends. */
@Timeout(600)
final class LabIT {
    private static final String NAME = "lab-it";
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    @BeforeAll
    static void aMachineThatStays() throws InterruptedException {
        assumeThat(System.getenv("NEUROVISOR_TEST_LAB"))
                .as("asked for by ./neurovisor test, not by Maven alone")
                .isNotNull();
        assumeThat(System.getenv("NEUROVISOR_IN_LAB"))
                .as("there is no lab in the lab")
                .isNull();
        // The first start builds the image, which takes longer than the limit of an ordinary command.
        Process up = CommandLineRun.start(Map.of(), "lab", "up", "--name", NAME);
        assertThat(up.waitFor()).as(() -> CommandLineRun.await(up).stderr()).isZero();
    }

    @AfterAll
    static void isTakenDown() {
        if (System.getenv("NEUROVISOR_TEST_LAB") != null && System.getenv("NEUROVISOR_IN_LAB") == null) {
            CommandLineRun.of("lab", "down", "--name", NAME);
            assertThat(machines()).noneMatch(command -> command.contains("/machines/" + NAME + "/"));
        }
    }

    @ShortTier
    @Test
    void commandHasItsStreamsExitCodeAndFiles(@TempDir Path out) {
        byte[] input = "in\0put".getBytes(StandardCharsets.UTF_8);
        CommandLineRun run = CommandLineRun.withInput(
                input,
                "lab",
                "run",
                "--name",
                NAME,
                "--out",
                out.toString(),
                "--",
                "sh",
                "-c",
                "cat; echo \"$1\" >&2; mkdir $LAB_OUT/d && echo file >$LAB_OUT/d/f; exit 7",
                "sh",
                "two  words 'quoted' $HOME");
        assertThat(run.exitCode()).isEqualTo(7);
        assertThat(run.stdout()).isEqualTo("in\0put");
        assertThat(run.stderr()).isEqualTo("two  words 'quoted' $HOME\n");
        assertThat(out.resolve("d/f")).hasContent("file");
    }

    @Test
    void aCommandThatLeavesNoFileEndsAsItDoes(@TempDir Path out) {
        CommandLineRun run =
                CommandLineRun.of("lab", "run", "--name", NAME, "--out", out.toString(), "--", "sh", "-c", "exit 7");
        assertThat(run.exitCode()).as(run.stderr()).isEqualTo(7);
        assertThat(out).isEmptyDirectory();
    }

    @Test
    void labMachineHasKvm() {
        CommandLineRun run = inLab("cat /sys/module/kvm_amd/parameters/npt /sys/fs/cgroup/cgroup.controllers"
                + " /sys/kernel/security/lsm; test -w /dev/kvm");
        assertThat(run.exitCode()).isZero();
        assertThat(run.stdout().lines().toList()).hasSize(3).first().isEqualTo("Y");
        assertThat(run.stdout()).contains("cpu", "memory", "pids", "bpf");
    }

    @Test
    void repositoryIsUnchanged() {
        CommandLineRun run = inLab("./neurovisor --version && touch new-file && rm README.md && test ! -e README.md");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(run.stdout()).startsWith("neurovisor ");
        assertThat(CommandLineRun.home().resolve("new-file")).doesNotExist();
        assertThat(CommandLineRun.home().resolve("README.md")).exists();
        assertThat(inLab("test -e README.md && test ! -e new-file").exitCode()).isZero();
    }

    /** Uses an sshd that listens two seconds after it has gone into the background. */
    @Test
    void machineIsReadyOnceSshdListens() {
        CommandLineRun run = inLab("""
                mkdir /lab/late && cp /usr/sbin/sshd /lab/late/ &&
                    printf '#!/bin/sh\\n(sleep 2; exec /lab/late/sshd "$@") &\\n' >/lab/late/wrapper &&
                    chmod 755 /lab/late/wrapper && mount --bind /lab/late/wrapper /usr/sbin/sshd &&
                    sed 's/^ListenAddress .*/ListenAddress 127.0.0.1:2222/; s|^PidFile .*|PidFile /lab/late/pid|' \
                        /usr/lib/neurovisor-lab/sshd_config >/lab/late/config &&
                    /usr/lib/neurovisor-lab/start-sshd.sh /lab/late/config &&
                    bash -c 'exec 3<>/dev/tcp/127.0.0.1/2222 && head -c 8 <&3' && kill "$(cat /lab/late/pid)"
                """);
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(run.stdout()).isEqualTo("SSH-2.0-");
    }

    @ShortTier
    @Test
    void endOfTheRunTerminatesItsCommand() throws IOException {
        Process run = CommandLineRun.start(
                Map.of(),
                "lab",
                "run",
                "--name",
                NAME,
                "--",
                "bash",
                "-c",
                "trap 'sleep 1; echo ended >/lab/ended; exit' INT; echo begun; while :; do sleep 0.1; done");
        assertThat(run.inputReader().readLine()).isEqualTo("begun");
        run.destroy();
        assertThat(inLab("timeout 300 sh -c 'until test -e /lab/ended; do sleep 0.1; done'")
                        .exitCode())
                .isZero();
    }

    /** Each command mounts the repository through a separate device. */
    @Test
    void runsCommandsInParallelUpToTheLimit() throws IOException {
        List<Process> running = Stream.generate(() ->
                        startInLab("echo begun; until test -e /lab/go; do sleep 0.1; done;" + " head -n 1 README.md"))
                .limit(8)
                .toList();
        for (Process command : running) {
            assertThat(command.inputReader().readLine()).isEqualTo("begun");
        }
        CommandLineRun refused = inLab("true");
        assertThat(refused.exitCode()).as(refused.stderr()).isEqualTo(125);
        assertThat(refused.stderr())
                .contains("8 commands see the repository already", "./neurovisor lab up --name OTHER");
        running.getLast().destroy();
        // The device is free once the command has ended in the machine, some time after the end of the run on the host.
        await().atMost(PATIENCE).until(() -> inLab("touch /lab/go").exitCode() == 0);
        assertThat(running.subList(0, 7)).allSatisfy(command -> {
            assertThat(command.inputReader().readLine()).isEqualTo("# NeuroVisor");
            assertThat(command.waitFor()).isZero();
        });
    }

    @Test
    void machineOfARunEndsWithTheRun() {
        Process run = CommandLineRun.start(Map.of(), "lab", "run", "--name", "lab-it-other", "--", "sleep", "1000");
        await().atMost(PATIENCE).until(() -> machines().anyMatch(command -> command.contains("/.run-")));
        run.destroyForcibly();
        await().atMost(PATIENCE).until(() -> machines().noneMatch(command -> command.contains("/.run-")));
        await().atMost(PATIENCE).until(() -> halfMade().isEmpty());
    }

    @Test
    void reportsAndListsATakenName() {
        CommandLineRun second = CommandLineRun.of("lab", "up", "--name", NAME);
        assertThat(second.exitCode()).isEqualTo(125);
        assertThat(second.stderr()).contains("Lab " + NAME + " is up already");
        assertThat(CommandLineRun.of("lab", "list").stdout()).contains(NAME);
    }

    private static CommandLineRun inLab(String script) {
        return CommandLineRun.await(startInLab(script));
    }

    private static Process startInLab(String script) {
        return CommandLineRun.start(Map.of(), "lab", "run", "--name", NAME, "--", "sh", "-c", script);
    }

    /** Returns the lab machines of this data directory. */
    private static Stream<String> machines() {
        String directory = TestMachines.dataDirectory().toString();
        return ProcessHandle.allProcesses()
                .flatMap(process -> process.info().commandLine().stream())
                .filter(command -> command.contains("neurovisor-lab") && command.contains(directory));
    }

    private static List<Path> halfMade() throws IOException {
        try (Stream<Path> entries = Files.list(TestMachines.dataDirectory().resolve("labs/machines"))) {
            return entries.filter(entry -> entry.getFileName().toString().contains("~building-"))
                    .toList();
        }
    }
}
