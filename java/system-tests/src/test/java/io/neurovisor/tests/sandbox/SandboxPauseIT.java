package io.neurovisor.tests.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.neurovisor.proto.sandbox.ConnectRequest;
import io.neurovisor.proto.sandbox.SandboxServiceGrpc;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.lifecycle.DoomedRun;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests paused sandboxes: they outlive their daemon with their programs, and damaged files are found. */
final class SandboxPauseIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration IDLE_LIMIT = Duration.ofMinutes(2);
    private static final String[] STORES = {"images", "kernels", "initrds", "templates"};
    private static final String NAMES = "cat /proc/sys/kernel/hostname /etc/machine-id /proc/sys/kernel/random/boot_id";

    private static final int PAUSES = 20;

    /** The memory that a guest uses in addition while its programs and some commands run. */
    private static final long MOST_CHANGED_BYTES = 32 << 20;

    private static final String COUNTING_PYTHON =
            "import time\nwhile True:\n open('python-runs', 'a').write('.')\n time.sleep(.2)";
    private static final String COUNTING_NODE =
            "setInterval(() => require('fs').appendFileSync('node-runs', '.'), 200)";

    /** How the file with the pages of a paused sandbox is damaged. */
    enum Damage {
        FLIPPED {
            @Override
            void apply(FileChannel pages) throws IOException {
                ByteBuffer one = ByteBuffer.allocate(1);
                long position = pages.size() / 2;
                int _ = pages.read(one, position);
                int _ = pages.write(ByteBuffer.wrap(new byte[] {(byte) ~one.get(0)}), position);
            }
        },
        TRUNCATED {
            @Override
            void apply(FileChannel pages) throws IOException {
                pages.truncate(pages.size() - 1);
            }
        };

        abstract void apply(FileChannel pages) throws IOException;
    }

    /** Builds what every machine needs. */
    @BeforeAll
    static void runOnce() {
        CommandLineRun run = CommandLineRun.of("run", "--size=small", "-l", "bash", "-c", "true");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
    }

    @ShortTier
    @Test
    void programsGoOnAfterARestart() throws Exception {
        try (DoomedRun run = DoomedRun.in(STORES)) {
            run.serve();
            String id = create(run);
            String names = bash(run, id, "echo 41 > n; " + NAMES);
            drawNumbers(run, id);
            List<String> layers = layers(run, id);

            command(run, "pause", id);
            assertThat(run.vmms()).isEmpty();
            assertThat(files(run)).hasSize(1);
            stop(run);
            run.serve();

            assertThat(command(run, "list")).contains(id + "  paused ");
            CommandLineRun refused = SandboxCommand.of(run.socket(), "exec", id, "--", "true");
            assertThat(refused.stderr()).contains("is paused; resume it with ./neurovisor sandbox resume");
            assertThat(refused.exitCode()).isEqualTo(125);
            command(run, "resume", id);
            assertThat(bash(run, id, "echo $(( $(cat n) + 1 ))")).isEqualTo("42\n");
            assertThat(bash(run, id, NAMES)).isEqualTo(names);
            assertThat(layers(run, id)).isEqualTo(layers);
            assertNumbersGrow(run, id);
            stop(run);
        }
    }

    @Test
    void anIdleSandboxIsPaused() throws Exception {
        try (DoomedRun run = DoomedRun.in(STORES)) {
            run.serve();
            String idle = create(run, "--idle-pause=10s", "--auto-resume");
            String busy = create(run, "--idle-pause=10s");
            bash(run, busy, "nohup bash -c 'while :; do :; done' >/dev/null 2>&1 &");
            assertThat(bash(run, idle, "echo 41 > n")).isEmpty();

            await().atMost(IDLE_LIMIT)
                    .untilAsserted(() -> assertThat(command(run, "list")).contains(idle + "  paused "));
            assertThat(command(run, "list")).contains(busy + "  running ");
            assertThat(run.vmms()).hasSize(1);
            assertThat(bash(run, idle, "echo $(( $(cat n) + 1 ))")).isEqualTo("42\n");
            stop(run);
        }
    }

    @Test
    void theEndOfTheDaemonPausesWhatRuns() throws Exception {
        try (DoomedRun run = DoomedRun.in(STORES)) {
            run.serve();
            String first = create(run);
            String second = create(run, "--on-timeout=pause");
            String third = create(run);
            for (String id : List.of(first, second, third)) {
                assertThat(bash(run, id, "echo 41 > n")).isEmpty();
            }
            drawNumbers(run, first);

            stop(run);
            run.serve();

            assertThat(command(run, "list").lines().filter(line -> line.contains("  paused ")))
                    .hasSize(3);
            for (String id : List.of(first, second, third)) {
                assertThat(bash(run, id, "echo $(( $(cat n) + 1 ))")).isEqualTo("42\n");
            }
            assertNumbersGrow(run, first);
            stop(run);
        }
    }

    @Test
    void aKilledDaemonLosesNoPausedSandbox() throws Exception {
        try (DoomedRun run = DoomedRun.in(STORES)) {
            run.serve();
            String paused = create(run);
            assertThat(bash(run, paused, "echo 41 > n")).isEmpty();
            command(run, "pause", paused);
            String running = create(run);

            run.signal(run.neurovisor(), "KILL");
            assertThat(run.exitCode()).isEqualTo(137);
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(run.processesLeft()).isEmpty());
            assertThat(run.neurovisor("doctor").stdout()).contains("1 is paused");
            assertThat(run.neurovisor("gc").exitCode()).isZero();
            run.serve();

            command(run, "resume", paused);
            assertThat(bash(run, paused, "echo $(( $(cat n) + 1 ))")).isEqualTo("42\n");
            assertThat(SandboxCommand.of(run.socket(), "exec", running, "--", "true")
                            .stderr())
                    .contains("was lost with its daemon");
            stop(run);
        }
    }

    @Test
    void aLostSandboxGoesBackOnlyIfItsClientAcceptsThat() throws Exception {
        try (DoomedRun run = DoomedRun.in(STORES)) {
            run.serve();
            String id = create(run);
            assertThat(bash(run, id, "echo 41 > n")).isEmpty();
            drawNumbers(run, id);
            command(run, "pause", id);
            command(run, "resume", id);
            assertThat(bash(run, id, "echo 43 > n")).isEmpty();

            run.signal(run.neurovisor(), "KILL");
            assertThat(run.exitCode()).isEqualTo(137);
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(run.processesLeft()).isEmpty());
            assertThat(run.neurovisor("gc").exitCode()).isZero();
            run.serve();

            assertThat(SandboxCommand.of(run.socket(), "resume", id).stderr())
                    .contains("was lost with its daemon", "it was saved at", "--accept-older " + id);
            command(run, "resume", "--accept-older", id);
            assertThat(bash(run, id, "echo $(( $(cat n) + 1 ))"))
                    .as("as it was saved")
                    .isEqualTo("42\n");
            assertNumbersGrow(run, id);
            command(run, "kill", id);
            assertThat(files(run)).isEmpty();
            stop(run);
        }
    }

    @Test
    void aCheckpointOfAnOlderFormatStaysPaused() throws Exception {
        try (DoomedRun run = DoomedRun.in(STORES)) {
            run.serve();
            String id = create(run);
            assertThat(bash(run, id, "echo 41 > n")).isEmpty();
            command(run, "pause", id);
            Path manifest = files(run).getFirst().resolve("manifest.json");
            String written = Files.readString(manifest);
            Files.writeString(manifest, written.replace("\"format\" : 1,", "\"format\" : 0,"));

            assertThat(connecting(run, id)).isEqualTo(Status.Code.FAILED_PRECONDITION);
            assertThat(SandboxCommand.of(run.socket(), "resume", id).stderr()).contains("format 0", "format 1");
            assertThat(command(run, "info", id)).contains("paused");

            Files.writeString(manifest, written);
            command(run, "resume", id);
            assertThat(bash(run, id, "echo $(( $(cat n) + 1 ))")).isEqualTo("42\n");
            stop(run);
        }
    }

    /** Three programs run all the time; a file of random bytes stays as it is; only what changes makes a checkpoint larger. */
    @Test
    void sandboxesArePausedAndResumedManyTimes() throws Exception {
        try (DoomedRun run = DoomedRun.in(STORES)) {
            run.serve();
            String id = create(run, "--auto-resume");
            command(run, "exec", id, "-d", "--", "bash", "-c", "while sleep 0.2; do echo . >> bash-runs; done");
            command(run, "exec", id, "-d", "--", "python3", "-c", COUNTING_PYTHON);
            command(run, "exec", id, "-d", "--", "node", "-e", COUNTING_NODE);
            assertThat(bash(run, id, "echo 0 > n; head -c 4000000 /dev/urandom > data; sha256sum data > digest"))
                    .isEmpty();
            long first = 0;
            for (int generation = 1; generation <= PAUSES; generation++) {
                command(run, "pause", id);
                long bytes = bytes(files(run).getFirst());
                first = generation == 1 ? bytes : first;
                System.out.println("generation " + generation + ": " + bytes + " bytes");
                assertThat(bytes).isLessThan(first + MOST_CHANGED_BYTES);
                assertThat(bash(run, id, "sha256sum --status -c digest; echo $(( $(cat n) + 1 )) | tee m; mv m n"))
                        .isEqualTo(generation + "\n");
                for (String program : List.of("bash", "python", "node")) {
                    String runs = "wc -c < " + program + "-runs";
                    String before = bash(run, id, runs);
                    await().atMost(LIMIT).until(() -> !bash(run, id, runs).equals(before));
                }
            }
            assertThat(command(run, "info", "--json", id)).contains("\"generation\" : " + (PAUSES + 1));
            stop(run);
        }
    }

    private static long bytes(Path checkpoint) throws IOException {
        try (Stream<Path> all = Files.walk(checkpoint)) {
            return all.mapToLong(path -> path.toFile().length()).sum();
        }
    }

    @Test
    void killingAPausedSandboxDeletesItsFiles() throws Exception {
        try (DoomedRun run = DoomedRun.in(STORES)) {
            run.serve();
            String id = create(run);
            command(run, "pause", id);
            assertThat(files(run)).hasSize(1);
            command(run, "kill", id);
            assertThat(files(run)).isEmpty();
            stop(run);
        }
    }

    @ParameterizedTest
    @EnumSource
    void damagedPagesAreDataLoss(Damage damage) throws Exception {
        try (DoomedRun run = DoomedRun.in(STORES)) {
            run.serve();
            String id = create(run);
            command(run, "pause", id);
            try (FileChannel pages = FileChannel.open(
                    files(run).getFirst().resolve("machine/pages"),
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE)) {
                damage.apply(pages);
            }

            assertThat(connecting(run, id)).isEqualTo(Status.Code.DATA_LOSS);
            assertThat(SandboxCommand.of(run.socket(), "exec", id, "--", "true").stderr())
                    .contains("was lost");
            await().atMost(LIMIT).untilAsserted(() -> assertThat(files(run)).isEmpty());
            stop(run);
        }
    }

    @ParameterizedTest
    @CsvSource({"--max-paused=0, --max-paused", "--sandbox-disk=1K, --sandbox-disk"})
    void theLimitsOfPausedSandboxesHold(String option, String named, @TempDir Path directory) {
        try (RunningDaemon _ = RunningDaemon.start(directory, "--warm=0", "--max=2", "--size=small", option)) {
            Path socket = directory.resolve("daemon.sock");
            CommandLineRun created = SandboxCommand.of(socket, "create");
            assertThat(created.exitCode()).as(created.stderr()).isZero();
            String id = created.stdout().strip();

            CommandLineRun refused = SandboxCommand.of(socket, "pause", id);
            assertThat(refused.stderr()).contains(named);
            assertThat(refused.exitCode()).isEqualTo(125);
            assertThat(SandboxCommand.of(socket, "exec", id, "--", "echo", "alive")
                            .stdout())
                    .isEqualTo("alive\n");
            assertThat(SandboxCommand.of(socket, "kill", id).exitCode()).isZero();
        }
    }

    private static Status.Code connecting(DoomedRun run, String id) {
        ManagedChannel channel = SandboxCommand.channel(run.socket());
        try {
            return Status.fromThrowable(catchThrowable(() -> SandboxServiceGrpc.newBlockingStub(channel)
                            .connect(
                                    ConnectRequest.newBuilder().setSandboxId(id).build())))
                    .getCode();
        } finally {
            channel.shutdownNow();
        }
    }

    /** Starts a program that draws random numbers all the time, and returns when it has drawn one. */
    private static void drawNumbers(DoomedRun run, String id) throws IOException {
        command(run, "exec", id, "-d", "--", "bash", "-c", "while :; do echo $SRANDOM >> numbers; sleep 0.1; done");
        await().atMost(LIMIT).until(() -> numbers(run, id) > 0);
    }

    private static void assertNumbersGrow(DoomedRun run, String id) throws IOException {
        int before = numbers(run, id);
        await().atMost(LIMIT).until(() -> numbers(run, id) > before);
        assertThat(bash(run, id, "sort numbers | uniq -d")).as("drawn twice").isEmpty();
    }

    private static int numbers(DoomedRun run, String id) throws IOException {
        return Integer.parseInt(bash(run, id, "touch numbers; wc -l < numbers").strip());
    }

    private static String create(DoomedRun run, String... options) throws IOException {
        return command(
                        run,
                        Stream.concat(Stream.of("create", "--timeout=10m"), Stream.of(options))
                                .toArray(String[]::new))
                .strip();
    }

    private static String bash(DoomedRun run, String id, String code) throws IOException {
        return command(run, "exec", id, "--", "bash", "-c", code);
    }

    private static String command(DoomedRun run, String... arguments) throws IOException {
        CommandLineRun ended = SandboxCommand.of(run.socket(), arguments);
        assertThat(ended.exitCode()).as(ended.stderr() + run.said()).isZero();
        return ended.stdout();
    }

    /** Returns the layers of the machine without details such as its number. */
    private static List<String> layers(DoomedRun run, String id) throws IOException {
        return command(run, "info", id)
                .lines()
                .filter(line -> line.startsWith("LAYER"))
                .map(line -> line.replaceFirst(",.*", ""))
                .toList();
    }

    /** Returns the directories of checkpoints. */
    private static List<Path> files(DoomedRun run) throws IOException {
        try (Stream<Path> all = Files.list(run.data().resolve("sandboxes/checkpoints"))) {
            return all.filter(path -> !path.getFileName().toString().startsWith("."))
                    .toList();
        }
    }

    private static void stop(DoomedRun run) throws Exception {
        run.signal(run.neurovisor(), "TERM");
        assertThat(run.exitCode()).as(run::said).isZero();
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(run.processesLeft()).isEmpty());
        assertThat(run.filesLeft()).isEmpty();
    }
}
