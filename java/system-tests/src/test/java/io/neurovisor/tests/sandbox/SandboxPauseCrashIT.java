package io.neurovisor.tests.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.lifecycle.DoomedRun;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests what is left of sandboxes that are paused, resumed or copied while their daemon, spawner or machine ends. */
final class SandboxPauseCrashIT {
    private static final Duration LIMIT = Duration.ofSeconds(5);
    /** Until something is under way; a loaded host is slow. */
    private static final Duration SILENCE = Duration.ofSeconds(90);

    /** Until a save, and after it the attempt to let the sandbox go on, have failed. */
    private static final Duration LONGEST_SAVE = Duration.ofMinutes(4);

    private static final String[] STORES = {"images", "kernels", "initrds", "templates"};

    /** Memory that the sandbox has changed, so that writing and reading it takes a while. */
    private static final int CHANGED_BYTES = 60_000_000;

    private static final Pattern STATE = Pattern.compile("\"state\" : \"(\\w+)\"");

    private static final Pattern END = Pattern.compile("sandbox \\w+ (?:was )?(lost|died) ");

    enum Operation {
        /** The files of the sandbox are being written. */
        PAUSE,
        /** The sandbox, which was paused, gets its machine. */
        RESUME,
        /** Copies of the sandbox get their machines. */
        FORK
    }

    enum Victim {
        DAEMON,
        SPAWNER
    }

    /** Builds what every machine needs. */
    @BeforeAll
    static void runOnce() {
        CommandLineRun run = CommandLineRun.of("run", "--size=small", "-l", "bash", "-c", "true");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
    }

    @ParameterizedTest(name = "{0}: SIG{2} to {1}: the daemon exits with {3}, the sandbox is {4}")
    @CsvSource({
        "PAUSE,  DAEMON,  KILL, 137, paused|lost",
        "PAUSE,  DAEMON,  TERM, 0,   paused",
        "PAUSE,  SPAWNER, KILL, 125, paused|lost",
        "RESUME, DAEMON,  KILL, 137, paused",
        "RESUME, DAEMON,  TERM, 0,   paused",
        "RESUME, SPAWNER, KILL, 125, paused",
        "FORK,   DAEMON,  KILL, 137, lost",
        "FORK,   DAEMON,  TERM, 0,   paused",
        "FORK,   SPAWNER, KILL, 125, lost",
    })
    void aSandboxIsPausedOrLost(Operation operation, Victim victim, String signal, int exitCode, String states)
            throws Exception {
        try (DoomedRun run = DoomedRun.in(STORES)) {
            run.serve();
            String id = create(run);
            Process client = begin(run, operation, id);

            run.signal(victim == Victim.DAEMON ? run.neurovisor() : run.spawner(), signal);

            CommandLineRun ended = CommandLineRun.await(client);
            assertThat(run.exitCode()).as(run::said).isEqualTo(exitCode);
            assertNothingIsLeft(run);

            run.serve();
            String state = state(run, id);
            assertThat(states.split("\\|")).as(ended.stderr() + run.said()).contains(state);
            if (state.equals("paused")) {
                command(run, "resume", id);
                assertThat(bash(run, id, "echo $(( $(cat n) + 1 ))")).isEqualTo("42\n");
            }
            end(run);
        }
    }

    /** The machine that is saved dies with its sandbox; one whose restored machine dies stays paused. */
    @ParameterizedTest(name = "{0}: SIGKILL to the machine: the sandbox is {1}")
    @CsvSource({"PAUSE, died", "RESUME, paused"})
    void aDyingMachineEndsNoPausedSandbox(Operation operation, String expected) throws Exception {
        try (DoomedRun run = DoomedRun.in(STORES)) {
            run.serve();
            String id = create(run);
            Process client = begin(run, operation, id);
            killNewestMachine(run, client);
            assertThat(state(run, id)).as(run.said()).isEqualTo(expected);
            if (operation == Operation.RESUME) {
                command(run, "resume", id);
                assertThat(bash(run, id, "echo $(( $(cat n) + 1 ))")).isEqualTo("42\n");
            }
            end(run);
        }
    }

    /** Its guest does not answer, neither to be saved nor to go on. */
    @Test
    void aStoppedMachineEndsItsSandbox() throws Exception {
        try (DoomedRun run = DoomedRun.in(STORES)) {
            run.serve();
            String id = create(run);
            run.signal(newest(run), "STOP");

            CommandLineRun pause = SandboxCommand.of(run.socket(), "pause", id);
            assertThat(pause.exitCode()).as(pause.stdout() + pause.stderr()).isNotZero();

            await().atMost(LONGEST_SAVE)
                    .untilAsserted(() -> assertThat(state(run, id)).isIn("lost", "died"));
            await().atMost(LIMIT).untilAsserted(() -> assertThat(run.vmms()).isEmpty());
            assertThat(checkpoints(run, false)).isEmpty();
            end(run);
        }
    }

    @ShortTier
    @Test
    void aDyingCopyFailsAlone() throws Exception {
        try (DoomedRun run = DoomedRun.in(STORES)) {
            run.serve();
            String id = create(run);
            Process client = begin(run, Operation.FORK, id);
            List<String> copies =
                    killNewestMachine(run, client).stdout().lines().toList();
            assertThat(copies).hasSize(1);
            assertThat(Stream.concat(Stream.of(id), copies.stream()))
                    .allSatisfy(sandbox -> assertThat(bash(run, sandbox, "echo $(( $(cat n) + 1 ))"))
                            .isEqualTo("42\n"));
            end(run);
        }
    }

    private static CommandLineRun killNewestMachine(DoomedRun run, Process client) throws Exception {
        run.signal(newest(run), "KILL");
        CommandLineRun ended = CommandLineRun.await(client);
        assertThat(ended.exitCode()).as(ended.stdout() + ended.stderr()).isEqualTo(125);
        return ended;
    }

    /** Begins an operation and returns when it is under way. */
    private static Process begin(DoomedRun run, Operation operation, String id) throws IOException {
        return switch (operation) {
            case PAUSE -> {
                Process client = SandboxCommand.start(run.socket(), "pause", id);
                await().atMost(SILENCE)
                        .pollInterval(Duration.ofMillis(5))
                        .until(() -> checkpoints(run, false).size() == 1);
                yield client;
            }
            case RESUME -> {
                command(run, "pause", id);
                Process client = SandboxCommand.start(run.socket(), "resume", id);
                awaitMachines(run, 1);
                yield client;
            }
            case FORK -> {
                Process client = SandboxCommand.start(run.socket(), "fork", id, "--count=2");
                awaitMachines(run, 2);
                yield client;
            }
        };
    }

    private static void awaitMachines(DoomedRun run, int number) {
        await().atMost(SILENCE)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> run.vmms().size() >= number);
    }

    private static ProcessHandle newest(DoomedRun run) {
        return run.vmms().stream()
                .max((one, other) -> one.info()
                        .startInstant()
                        .orElseThrow()
                        .compareTo(other.info().startInstant().orElseThrow()))
                .orElseThrow();
    }

    /** A VMM whose spawner is killed while bubblewrap sets up its jail outlives both; the next start or {@code gc} finds it. */
    private static void assertNothingIsLeft(DoomedRun run) {
        await().atMost(LIMIT).untilAsserted(() -> {
            CommandLineRun gc = run.neurovisor("gc");
            assertThat(gc.exitCode()).as(gc.stderr()).isZero();
            assertThat(run.processesLeft()).isEmpty();
        });
        assertThat(run.filesLeft()).isEmpty();
    }

    /** Kills what lives, and stops the daemon, which then has no files of sandboxes. */
    private static void end(DoomedRun run) throws Exception {
        for (String line : command(run, "list").lines().skip(1).toList()) {
            command(run, "kill", line.substring(0, line.indexOf(" ")));
        }
        assertThat(checkpoints(run, true)).isEmpty();
        run.signal(run.neurovisor(), "TERM");
        assertThat(run.exitCode()).as(run::said).isZero();
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(run.processesLeft()).isEmpty());
    }

    /** Returns the checkpoints, or those that are being written. */
    private static List<Path> checkpoints(DoomedRun run, boolean complete) throws IOException {
        Path directory = run.data().resolve("sandboxes/checkpoints");
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(path -> {
                        String name = path.getFileName().toString();
                        return complete ? !name.startsWith(".") : name.contains("building-");
                    })
                    .toList();
        }
    }

    private static String create(DoomedRun run) {
        String id = command(run, "create", "--timeout=10m").strip();
        assertThat(bash(run, id, "echo 41 > n; head -c " + CHANGED_BYTES + " /dev/urandom > changed"))
                .isEmpty();
        return id;
    }

    /** Returns {@code running}, {@code paused}, or how it ended: {@code lost} or {@code died}. */
    private static String state(DoomedRun run, String id) {
        CommandLineRun info = SandboxCommand.of(run.socket(), "info", "--json", id);
        Matcher state = (info.exitCode() == 0 ? STATE : END).matcher(info.stdout() + info.stderr());
        assertThat(state.find()).as(info.stdout() + info.stderr()).isTrue();
        return state.group(1);
    }

    private static String bash(DoomedRun run, String id, String code) {
        return command(run, "exec", id, "--", "bash", "-c", code);
    }

    private static String command(DoomedRun run, String... arguments) {
        CommandLineRun ended = SandboxCommand.of(run.socket(), arguments);
        assertThat(ended.exitCode()).as(ended.stderr() + run.said()).isZero();
        return ended.stdout();
    }
}
