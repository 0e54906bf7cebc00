package io.neurovisor.cli.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.cli.CommandRun;
import io.neurovisor.cli.Main;
import io.neurovisor.cli.run.Launch;
import io.neurovisor.proto.sandbox.OutputOffsets;
import io.neurovisor.proto.sandbox.StartRequest;
import io.neurovisor.proto.sandbox.TerminalSize;
import io.neurovisor.server.client.Pause;
import io.neurovisor.server.setting.ProcessEnvironment;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the commands about processes, by a fake daemon at a real Unix socket. */
@SuppressWarnings("NullAway.Init") // Set before each test.
final class ExecCommandTest {
    private static final String ID = "abcd" + "e".repeat(16);
    private static final long LIMIT_SECONDS = 60;

    @TempDir
    private Path directory;

    private FakeSandboxDaemon daemon;

    @BeforeEach
    void open() throws IOException {
        daemon = FakeSandboxDaemon.at(directory.resolve("s"));
        daemon.add(ID, "mine");
    }

    @AfterEach
    void close() {
        daemon.close();
    }

    private CommandRun run(String... arguments) {
        return withInput("", arguments);
    }

    private CommandRun withInput(String input, String... arguments) {
        return CommandRun.of(
                Map.of("TERM", "vt100"),
                input,
                (_, _, _) -> {
                    throw new AssertionError("a machine is asked for");
                },
                command(arguments));
    }

    private String[] command(String... arguments) {
        List<String> all = new ArrayList<>(List.of(
                "sandbox", arguments[0], "--socket", directory.resolve("s").toString()));
        all.addAll(List.of(arguments).subList(1, arguments.length));
        return all.toArray(String[]::new);
    }

    @Test
    void passesOutputOn() {
        CommandRun run = run("exec", ID, "--", "say", "to out", "to err");
        assertThat(run.exitCode()).isZero();
        assertThat(run.stdout()).isEqualTo("to out");
        assertThat(run.stderr()).isEqualTo("to err");
    }

    @Test
    void startsWhatItsOptionsSay() {
        CommandRun run = run(
                "exec",
                "mine",
                "-it",
                "-e",
                "A=1",
                "--cwd=/tmp",
                "--timeout=5s",
                "--tag=t",
                "--",
                "exit",
                "3",
                "--",
                "-x");
        assertThat(run.exitCode()).as(run.stderr()).isEqualTo(3);
        assertThat(daemon.processes().started())
                .containsExactly(StartRequest.newBuilder()
                        .setSandboxId(ID)
                        .setCommand("exit")
                        .addAllArgs(List.of("3", "--", "-x"))
                        .putEnv("A", "1")
                        .putEnv("TERM", "vt100")
                        .setCwd("/tmp")
                        .setPty(TerminalSize.newBuilder().setRows(24).setCols(80))
                        .setStdin(true)
                        .setTag("t")
                        .setTimeoutSecs(5)
                        .build());
    }

    @Test
    void passesInputOnToItsEnd() {
        String much = "0123456789".repeat(30_000);
        CommandRun run = withInput(much, "exec", ID, "-i", "--", "cat");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(run.stdout()).isEqualTo(much);
    }

    @Test
    void endsWithTheOutcomeOfTheProcess() {
        CommandRun late = run("exec", ID, "--timeout=2s", "--", "late");
        assertThat(late.exitCode()).isEqualTo(124);
        assertThat(late.stderr()).isEqualTo("neurovisor: timed out after 2 s; allow more with --timeout\n");
        CommandRun missing = run("exec", ID, "--", "missing");
        assertThat(missing.exitCode()).isEqualTo(127);
        assertThat(missing.stderr()).isEqualTo("neurovisor: missing is not a program\n");
        CommandRun lossy = run("exec", ID, "--", "lose");
        assertThat(lossy.stderr())
                .isEqualTo(
                        "neurovisor: 4096 bytes of stderr are missing, from byte 10 on: they were not read in time\n");
        CommandRun dead = run("exec", ID, "--", "die");
        assertThat(dead.exitCode()).isEqualTo(123);
        assertThat(dead.stdout()).isEqualTo("partial");
        assertThat(dead.stderr()).isEqualTo("neurovisor: the sandbox has ended: timed out\n");
    }

    @Test
    void attachesToADetachedProcess() {
        CommandRun detached = run("exec", ID, "-d", "--tag=server", "--", "wait");
        assertThat(detached.exitCode()).isZero();
        assertThat(detached.stdout()).isEqualTo("100\n");
        assertThat(run("ps", ID).stdout())
                .contains("100  server  running  2027-01-15T08:00:00Z  no        7       2       wait");
        assertThat(run("ps", ID, "--json").stdout()).contains("\"tag\" : \"server\"");
        CommandRun attached = run("attach", ID, "server");
        assertThat(attached.exitCode()).as(attached.stderr()).isEqualTo(5);
        assertThat(attached.stdout()).isEqualTo("kept");
    }

    @Test
    void attachesFromAnOffset() {
        assertThat(run("exec", ID, "-d", "--", "wait").exitCode()).isZero();
        CommandRun attached = run("attach", ID, "100", "--stdout-from", "2", "--stderr-from", "1");
        assertThat(attached.stdout()).as(attached.stderr()).isEqualTo("pt");
        assertThat(daemon.processes().attached())
                .isEqualTo(OutputOffsets.newBuilder().setStdout(2).setStderr(1).build());

        int pid = daemon.processes()
                .add(StartRequest.newBuilder()
                        .setSandboxId(ID)
                        .setCommand("wait")
                        .setPty(TerminalSize.newBuilder().setRows(24).setCols(80))
                        .build());
        assertThat(run("attach", ID, "" + pid, "--stdout-from", "3").exitCode()).isEqualTo(5);
        assertThat(daemon.processes().attached())
                .isEqualTo(OutputOffsets.newBuilder().setPty(3).build());
    }

    @Test
    void namesAnUnknownProcess() {
        for (String process : List.of("999", "nothing")) {
            CommandRun attached = run("attach", ID, process);
            assertThat(attached.exitCode())
                    .as("not an exit code of the process")
                    .isEqualTo(125);
            assertThat(attached.stderr()).isEqualTo("neurovisor: there is no such process\n");
            CommandRun signal = run("signal", ID, process, "TERM");
            assertThat(signal.exitCode()).isEqualTo(2);
            assertThat(signal.stderr()).isEqualTo("neurovisor: there is no such process\n");
        }
    }

    @Test
    void signalsAProcess() {
        assertThat(run("exec", ID, "-d", "--", "stubborn").stdout()).isEqualTo("100\n");
        assertThat(run("signal", ID, "100", "sigusr1").exitCode()).isZero();
        assertThat(run("signal", ID, "100", "35", "--group").exitCode()).isZero();
        assertThat(daemon.processes().signals()).containsExactly(10, 35);
    }

    @Test
    void endsLikeAProcessThatASignalHasEnded() {
        CompletableFuture<CommandRun> running = CompletableFuture.supplyAsync(() -> run("exec", ID, "--", "wait"));
        awaitStart();
        assertThat(run("signal", ID, "100", "TERM").exitCode()).isZero();
        assertThat(running.join().exitCode()).isEqualTo(143);
    }

    @Test
    void losesTheOutcomeWithTheDaemon() {
        CompletableFuture<CommandRun> running = CompletableFuture.supplyAsync(() -> run("exec", ID, "--", "wait"));
        awaitStart();
        daemon.close();
        assertThat(running.join().exitCode()).isEqualTo(126);
    }

    @Test
    void aSlowReaderHoldsTheProcessUp() throws Exception {
        CountDownLatch reads = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        AtomicLong received = new AtomicLong();
        OutputStream slow = new OutputStream() {
            @Override
            public void write(int value) {
                throw new AssertionError("single bytes are slow");
            }

            @Override
            public void write(byte[] bytes, int offset, int count) throws IOException {
                begun.countDown();
                try {
                    assertThat(reads.await(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException interrupt) {
                    throw new IOException(interrupt);
                }
                received.addAndGet(count);
            }
        };
        Launch launch = new Launch(
                new ProcessEnvironment(Map.of(), Path.of("/nowhere")),
                InputStream.nullInputStream(),
                slow,
                OutputStream.nullOutputStream(),
                (_, _, _) -> {
                    throw new AssertionError("a machine is asked for");
                });
        String[] command = command("exec", ID, "--", "flood", "256");
        CompletableFuture<Integer> running = CompletableFuture.supplyAsync(
                () -> Main.commandLine(launch, command).execute(command));
        assertThat(begun.await(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        // Other calls are not held up.
        assertThat(run("ps", ID).stdout()).contains("flood");
        assertThat(daemon.processes().floodedBytes()).isLessThan(4L << 20);
        reads.countDown();
        assertThat(running.join()).isZero();
        assertThat(received).hasValue(16L << 20);
    }

    @Test
    void aClosedReaderEndsTheProcess() {
        Launch launch = new Launch(
                new ProcessEnvironment(Map.of(), Path.of("/nowhere")),
                InputStream.nullInputStream(),
                new OutputStream() {
                    @Override
                    public void write(int value) throws IOException {
                        throw new IOException("Broken pipe");
                    }
                },
                OutputStream.nullOutputStream(),
                (_, _, _) -> {
                    throw new AssertionError("a machine is asked for");
                });
        String[] command = command("exec", ID, "--", "flood", "1000000");
        assertThat(Main.commandLine(launch, command).execute(command)).isEqualTo(141);
        assertThat(daemon.processes().signals()).containsExactly(13);
    }

    private void awaitStart() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (daemon.processes().started().isEmpty()) {
            assertThat(System.nanoTime()).isLessThan(end);
            Pause.of(Duration.ofMillis(20));
        }
    }
}
