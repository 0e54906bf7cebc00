package io.neurovisor.tests.service;

import static io.neurovisor.tests.fixtures.ScriptedOllama.calls;
import static io.neurovisor.tests.fixtures.ScriptedOllama.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.host.kvm.Accelerator;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.DataDirectories;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.fixtures.ScriptedOllama;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests commands whose programs are run by the daemon of the user. */
final class RunByDaemonIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final String ENDLESS = "echo running; sleep 1000";

    @TempDir
    private Path directory;

    @ShortTier
    @Test
    void runsProgramsByTheDaemon() throws Exception {
        Path socket = directory.resolve("daemon.sock");
        try (RunningDaemon daemon = RunningDaemon.start(directory, "--warm=1", "--max=3", "--size=small")) {
            CommandLineRun run = byDaemon(
                    "run",
                    "--size=small",
                    "-l",
                    "sh",
                    "-e",
                    "WHO=me",
                    "-c",
                    "echo $WHO $1; nproc; exit 3",
                    "--",
                    "too");
            assertThat(run.stdout()).isEqualTo("me too\n1\n");
            assertThat(run.stderr()).startsWith("neurovisor: run by the daemon at " + socket + " with qemu ");
            assertThat(run.stderr().contains(Accelerator.EMULATION_WARNING))
                    .isEqualTo(run.stderr().contains("(tcg)"));
            assertThat(run.exitCode()).isEqualTo(3);

            CommandLineRun quiet = byDaemon("run", "--quiet", "-l", "python", "-c", "print(6*7)");
            assertThat(quiet).isEqualTo(new CommandLineRun(0, "42\n", ""));

            CommandLineRun json = byDaemon(
                    "run",
                    "--json=full",
                    "-l",
                    "python",
                    "-c",
                    "import os; os.mkdir('out'); open('out/a','w').write('b')");
            assertThat(json.stdout()).contains("\"daemon\":\"" + socket + "\"", "\"vmm\":\"qemu\"", "\"path\":\"a\"");

            CommandLineRun usualSize = byDaemon("run", "-l", "sh", "-c", "nproc");
            assertThat(usualSize.stdout()).isEqualTo("1\n");
            assertThat(usualSize.stderr()).doesNotContain("ready, not");
            CommandLineRun otherSize = byDaemon("run", "--size=medium", "-l", "sh", "-c", "nproc");
            assertThat(otherSize.stdout()).isEqualTo("2\n");
            assertThat(otherSize.stderr())
                    .contains("size small ready, not medium; without --size a program starts sooner\n");

            CommandLineRun own = byDaemon("run", "--vmm=qemu", "-l", "sh", "-c", "echo 1");
            assertThat(own.stderr())
                    .startsWith("neurovisor: the daemon at " + socket + " is not used, because --vmm is given\n");
            assertThat(own.stdout()).isEqualTo("1\n");
            CommandLineRun both = byDaemon("run", "--daemon=on", "--vmm=qemu", "-l", "sh", "-c", "echo 1");
            assertThat(both.stderr()).contains("--vmm", "--daemon=off");
            assertThat(both.exitCode()).isEqualTo(2);

            soHasAnAgent(socket);
            isInTheStartUpCache();
            await().atMost(LIMIT).until(() -> daemon.status("/ready").equals("200 ready"));
            cancelledInTheDaemon(daemon, socket);
            lostWithTheDaemon(daemon, socket);
        }
        CommandLineRun none = byDaemon("run", "--daemon=on", "-l", "sh", "-c", "echo 1");
        assertThat(none.stderr()).contains("no daemon at " + socket);
        assertThat(none.exitCode()).isEqualTo(2);
        CommandLineRun alone = byDaemon("run", "-l", "sh", "-c", "echo 1");
        assertThat(alone.stdout()).isEqualTo("1\n");
        assertThat(alone.stderr())
                .contains("no daemon at " + socket
                        + ": no server listens there; start one with ./neurovisor serve; running without it");
    }

    private void soHasAnAgent(Path socket) {
        try (ScriptedOllama ollama = new ScriptedOllama(calls("bash:nproc", "bash:echo two"), says("done"))) {
            CommandLineRun run = CommandLineRun.of(
                    Map.of(
                            "OLLAMA_HOST",
                            ollama.address(),
                            "NEUROVISOR_DAEMON",
                            "on",
                            "NEUROVISOR_SOCKET",
                            socket.toString()),
                    "agent",
                    "--no-history",
                    "--size=small",
                    "x");
            assertThat(run.stderr().lines().filter(line -> !line.startsWith("neurovisor: no KVM: ")))
                    .containsExactly("neurovisor: programs are run by the daemon at " + socket);
            assertThat(run.exitCode()).isZero();
            assertThat(ollama.requests().getLast()).contains("exit_code: 0", "two");
        }
    }

    /** Checks that the start-up cache, recorded by a first run without a daemon, covers a run by a daemon. */
    private void isInTheStartUpCache() throws IOException {
        Path classes = directory.resolve("classes");
        CommandLineRun run = CommandLineRun.of(
                Map.of(
                        "NEUROVISOR_DAEMON",
                        "on",
                        "NEUROVISOR_SOCKET",
                        directory.resolve("daemon.sock").toString(),
                        "NEUROVISOR_JAVA_OPTS",
                        "-Xlog:class+load:file=" + classes),
                "run",
                "--size=small",
                "-l",
                "sh",
                "-c",
                "echo 1");
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("1\n");
        assertThat(Files.readAllLines(classes))
                .filteredOn(line -> line.contains(" io.neurovisor.server.client.DaemonClient source: "))
                .singleElement()
                .asString()
                .endsWith("shared objects file");
    }

    private void cancelledInTheDaemon(RunningDaemon daemon, Path socket) throws Exception {
        Process endless = CommandLineRun.start(
                Map.of("NEUROVISOR_DAEMON", "on", "NEUROVISOR_SOCKET", socket.toString()),
                "run",
                "-l",
                "bash",
                "--timeout",
                "1000",
                "-c",
                ENDLESS);
        assertThat(endless.inputReader().readLine()).isEqualTo("running");
        List<ProcessHandle> before = daemon.vmms();
        assertThat(new ProcessBuilder("kill", "-TERM", Long.toString(endless.pid()))
                        .start()
                        .waitFor())
                .isZero();
        assertThat(endless.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(endless.exitValue()).isEqualTo(143);
        assertThat(endless.errorReader().lines()).contains("neurovisor: ended by SIGTERM; the daemon ends the program");
        await().atMost(LIMIT).until(() -> before.stream().anyMatch(vmm -> !vmm.isAlive()));
    }

    private void lostWithTheDaemon(RunningDaemon daemon, Path socket) throws Exception {
        Process endless = CommandLineRun.start(
                Map.of("NEUROVISOR_SOCKET", socket.toString(), "NEUROVISOR_DAEMON", "auto"),
                "run",
                "-l",
                "bash",
                "--timeout",
                "1000",
                "-c",
                ENDLESS);
        assertThat(endless.inputReader().readLine()).isEqualTo("running");
        daemon.signal("KILL");
        assertThat(endless.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(endless.exitValue()).isEqualTo(126);
        assertThat(new String(endless.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("was lost while it ran the program", "the outcome of the program is unknown");
    }

    private CommandLineRun byDaemon(String... arguments) {
        return CommandLineRun.of(
                Map.of(
                        "NEUROVISOR_DAEMON",
                        "auto",
                        "NEUROVISOR_SOCKET",
                        directory.resolve("daemon.sock").toString()),
                arguments);
    }

    @ShortTier
    @Test
    void reportsAnImageThatIsNotBuilt() {
        try (RunningDaemon daemon = withoutTheFullImage()) {
            assertThatThrownBy(() -> ExecutionServiceGrpc.newBlockingStub(daemon.channel())
                            .execute(request("go", "package main\nfunc main() {}")))
                    .isInstanceOfSatisfying(StatusRuntimeException.class, exception -> {
                        assertThat(exception.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
                        assertThat(exception.getStatus().getDescription())
                                .contains("image full is not built", "./neurovisor image build full");
                    });
            assertThat(directory.resolve("data/images/full.current")).doesNotExist();
        }
    }

    @Test
    void aUserWithTheImageRunsTheProgramWithoutTheDaemon() {
        try (RunningDaemon _ = withoutTheFullImage()) {
            CommandLineRun alone = byDaemon("run", "-l", "go", "-c", "package main\nfunc main() { print(42) }");
            assertThat(alone.stderr())
                    .contains("neurovisor: the daemon at " + directory.resolve("daemon.sock")
                            + " is not used: image full is not built")
                    .endsWith("42");
            assertThat(alone.exitCode()).isZero();
        }
    }

    /** Starts a daemon in the state after the first start. */
    private RunningDaemon withoutTheFullImage() {
        Path data = DataDirectories.with(directory, ".neurovisor", "initrds", "kernels", "images/base*");
        return RunningDaemon.start(directory, "--warm=0", "--data-dir=" + data);
    }

    private static ExecuteRequest request(String language, String code) {
        return ExecuteRequest.newBuilder().setLanguage(language).setCode(code).build();
    }
}
