package io.neurovisor.cli.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.cli.CommandRun;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.EndReason;
import io.neurovisor.proto.sandbox.ForkRequest;
import io.neurovisor.proto.sandbox.OnTimeout;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs the commands that create, list and end sandboxes, by a fake daemon at a real Unix socket. */
@SuppressWarnings("NullAway.Init") // Set before each test.
final class SandboxCommandTest {
    private static final String FIRST = "abcd" + "e".repeat(16);
    private static final String SECOND = "abzz" + "e".repeat(16);

    @TempDir
    private Path directory;

    private FakeSandboxDaemon daemon;

    @BeforeEach
    void open() throws IOException {
        daemon = FakeSandboxDaemon.at(socket());
        daemon.add(FIRST, "mine");
        daemon.add(SECOND, "");
    }

    @AfterEach
    void close() {
        daemon.close();
    }

    private Path socket() {
        return directory.resolve("s");
    }

    private CommandRun run(String... arguments) {
        List<String> all = new ArrayList<>(List.of("sandbox", arguments[0], "--socket", socket().toString()));
        all.addAll(List.of(arguments).subList(1, arguments.length));
        return CommandRun.of(Map.of("PASSED", "on"), all.toArray(String[]::new));
    }

    @Test
    void createPrintsTheIdAlone() {
        CommandRun run = run("create");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(run.stdout()).isEqualTo("newaaaaaaaaaaaaaaaaa\n");
        assertThat(run.stderr()).contains("ends at 2027-01-15T08:05:00Z");
        assertThat(daemon.created()).containsExactly(CreateRequest.getDefaultInstance());
    }

    @Test
    void createSendsItsOptions() {
        CommandRun run = run(
                "create",
                "--template=full",
                "--size=medium",
                "--timeout=10m",
                "--env=A=1=2",
                "--env=PASSED",
                "--metadata=team=blue",
                "--cwd=/tmp",
                "--name=tests",
                "--on-timeout=pause",
                "--auto-resume",
                "--json");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(run.stdout()).contains("\"id\" : \"newaaaaaaaaaaaaaaaaa\"", "\"team\" : \"blue\"");
        assertThat(daemon.created())
                .containsExactly(CreateRequest.newBuilder()
                        .setTemplate("full")
                        .setSize("medium")
                        .setTimeoutSecs(600)
                        .putEnv("A", "1=2")
                        .putEnv("PASSED", "on")
                        .putMetadata("team", "blue")
                        .setCwd("/tmp")
                        .setName("tests")
                        .setOnTimeout(OnTimeout.ON_TIMEOUT_PAUSE)
                        .setAutoResume(true)
                        .build());
    }

    @Test
    void listShowsAllPages() {
        daemon.end(SECOND, EndReason.END_REASON_TIMED_OUT);
        assertThat(run("list").stdout())
                .contains("ID ", FIRST + "  running  base   small", "mine")
                .doesNotContain(SECOND);
        assertThat(run("list", "--all").stdout()).contains(FIRST, SECOND + "  ended: timed out");
        assertThat(run("list", "--json").stdout())
                .contains("\"id\" : \"" + FIRST + "\"", "\"ends\" : \"2027-01-15T08:05:00Z\"");
        assertThat(run("create", "--metadata=team=blue").exitCode()).isZero();
        assertThat(run("list", "--metadata=team=blue").stdout())
                .contains("newa", "team=blue")
                .doesNotContain(FIRST);
    }

    @Test
    void infoShowsTheLayers() {
        assertThat(run("info", FIRST).stdout())
                .contains(
                        "ID       " + FIRST,
                        "LAYER 1",
                        "live, KVM",
                        "1 vCPUs, 256 MiB, of which files may use 100 MiB");
        assertThat(run("info", "--json", FIRST).stdout()).contains("\"status\" : \"live\"");
    }

    @ParameterizedTest
    @CsvSource({"mine", "abc", "abcdeeeeeeeeeeeeeeee"})
    void findsASandbox(String written) {
        assertThat(run("info", written).stdout()).contains(FIRST);
    }

    @Test
    void saysWhichSandboxesAreKnown() {
        CommandRun unknown = run("info", "mien");
        assertThat(unknown.exitCode()).isEqualTo(2);
        assertThat(unknown.stderr())
                .contains("no sandbox has the name \"mien\" or an id that begins with it; did you mean mine?");
        assertThat(run("info", "ab").stderr())
                .contains("\"ab\" may be any of these sandboxes: " + SECOND + ", " + FIRST);
        assertThat(run("kill", "").stderr()).contains("no sandbox has the name \"\"");
        CommandRun gone = run("info", "z".repeat(20));
        assertThat(gone.stderr()).isEqualTo("neurovisor: sandbox zzzzzzzzzzzzzzzzzzzz is unknown\n");
        assertThat(gone.exitCode()).isEqualTo(2);
        assertThat(run("info", FIRST.replace("abcd", "abdc")).stderr()).endsWith("; did you mean " + FIRST + "?\n");
        assertThat(run("exec", "nothing", "--", "true").exitCode()).isEqualTo(125);
    }

    @Test
    void pausesSandboxes() {
        daemon.beSlow();
        CommandRun paused = run("pause", "mine", SECOND);
        assertThat(paused.exitCode()).as(paused.stderr()).isZero();
        assertThat(paused.stdout()).isEmpty();
        assertThat(paused.stderr()).contains("continue it with: neurovisor sandbox resume " + FIRST);
        assertThat(run("list").stdout()).contains(FIRST + "  paused ", SECOND + "  paused ");
        assertThat(run("info", "mine").stdout()).contains("paused");
        assertThat(run("info", "mine", "--json").stdout())
                .contains("\"state\" : \"paused\"", "\"on_timeout\" : \"kill\"");
    }

    @Test
    void resumesSandboxes() {
        CommandRun paused = run("pause", FIRST);
        assertThat(paused.exitCode()).as(paused.stderr()).isZero();
        CommandRun resumed = run("resume", "mine", "--timeout=1h");
        assertThat(resumed.exitCode()).as(resumed.stderr()).isZero();
        assertThat(resumed.stderr()).contains("sandbox " + FIRST + " runs until 2027-01-15T09:00:00Z");
        assertThat(run("list").stdout()).contains(FIRST + "  running");
        assertThat(run("resume", "nothing").exitCode()).isEqualTo(2);
    }

    @Test
    void goesBackOnlyIfThatIsAccepted() {
        daemon.lose(FIRST);
        assertThat(run("list", "--all").stdout()).contains(FIRST + "  ended: lost");
        assertThat(run("info", FIRST).stdout()).contains("SAVED", "resume --accept-older goes back");
        assertThat(run("info", FIRST, "--json").stdout()).contains("\"older_checkpoint\"");
        assertThat(run("resume", FIRST).exitCode()).isNotZero();
        CommandRun resumed = run("resume", "--accept-older", "mine");
        assertThat(resumed.exitCode()).as(resumed.stderr()).isZero();
        assertThat(run("list").stdout()).contains(FIRST + "  running");
    }

    @Test
    void forkPrintsTheIdsOfTheCopies() {
        CommandRun two = run("fork", "mine", "--count=2", "--timeout=10m");
        assertThat(two.exitCode()).as(two.stderr()).isZero();
        assertThat(two.stdout()).isEqualTo("copyaaaaaaaaaaaaaaaa\ncopybbbbbbbbbbbbbbbb\n");
        assertThat(two.stderr()).contains("a copy ends at 2027-01-15T08:05:00Z");
        assertThat(run("fork", FIRST, "--json").stdout()).contains("\"forked_from\" : \"" + FIRST + "\"");
        assertThat(daemon.forked())
                .containsExactly(
                        ForkRequest.newBuilder()
                                .setSandboxId(FIRST)
                                .setCount(2)
                                .setTimeoutSecs(600)
                                .build(),
                        ForkRequest.newBuilder().setSandboxId(FIRST).setCount(1).build());
        assertThat(run("info", "copya").stdout()).contains("COPY OF  " + FIRST);
        assertThat(run("info", "mine").stdout()).doesNotContain("COPY OF");
    }

    @Test
    void forkReportsTheCopiesThatWereNotMade() {
        CommandRun some = run("fork", FIRST, "--count=4");
        assertThat(some.exitCode()).isEqualTo(125);
        assertThat(some.stdout().lines()).hasSize(2);
        assertThat(some.stderr().lines().filter("neurovisor: a copy was not made: no room"::equals))
                .hasSize(2);
    }

    @Test
    void templatesAreMadeListedAndDeleted() {
        CommandRun made = run("create-template", "ready", "mine");
        assertThat(made.exitCode()).as(made.stderr()).isZero();
        assertThat(made.stdout()).isEqualTo("tempaaaaaaaaaaaaaaaa\n");
        assertThat(made.stderr()).contains("template tempaaaaaaaaaaaaaaaa takes 256 MiB of the disk");
        assertThat(run("create-template", "ready", "mine", "--json").stdout()).contains("\"name\" : \"mine\"");
        assertThat(run("templates").stdout()).contains("tempaaaaaaaaaaaaaaaa", "base", "256 MiB", "mine");
        assertThat(run("templates", "--json").stdout()).contains("\"disk_bytes\" : 268435456");
        CommandRun deleted = run("delete-template", "nothing", "mine");
        assertThat(deleted.exitCode()).isEqualTo(1);
        assertThat(deleted.stderr()).contains("no template has the id or name \"nothing\"");
        assertThat(run("templates").stdout().lines()).hasSize(1);
        assertThat(run("create-template", "ready").exitCode()).as("no name").isEqualTo(2);
    }

    @Test
    void snapshotsAreTakenListedUsedAndDeleted() {
        CommandRun taken = run("snapshot", "mine", "--name=ready\u001b[31m");
        assertThat(taken.exitCode()).as(taken.stderr()).isZero();
        assertThat(taken.stdout()).isEqualTo("snapaaaaaaaaaaaaaaaa\n");
        assertThat(taken.stderr()).contains("takes 30 MiB of the disk until it is deleted");
        assertThat(run("snapshots").stdout())
                .containsPattern("snapa{16}  " + FIRST + "  base .* ready")
                .doesNotContain("\u001b");
        assertThat(run("snapshots", "--json").stdout()).contains("\"disk_bytes\" : 31457280");
        assertThat(run("create", "--template=snapaaaaaaaaaaaaaaaa").exitCode()).isZero();
        assertThat(daemon.created().getLast().getTemplate()).isEqualTo("snapaaaaaaaaaaaaaaaa");

        CommandRun deleted = run("delete-snapshot", "nothing", "snapaaaaaaaaaaaaaaaa");
        assertThat(deleted.exitCode()).isEqualTo(1);
        assertThat(deleted.stderr()).contains("no snapshot has the id or name \"nothing\"");
        assertThat(run("snapshots").stdout().lines()).hasSize(1);
        assertThat(run("delete-snapshot", "snapaaaaaaaaaaaaaaaa").exitCode()).isEqualTo(1);
        assertThat(run("snapshot", "nothing").exitCode()).isEqualTo(2);
    }

    @Test
    void timeoutPrintsTheNewEnd() {
        assertThat(run("timeout", FIRST, "30m").stdout()).isEqualTo("2027-01-15T08:30:00Z\n");
        assertThat(run("timeout", FIRST, "0").stdout()).isEqualTo("2027-01-15T08:00:00Z\n");
        CommandRun wrong = run("timeout", FIRST, "25h");
        assertThat(wrong.exitCode()).isEqualTo(2);
        assertThat(wrong.stderr()).contains("TIME: \"25h\" is not allowed; use a time from 1s to 24h");
    }

    @Test
    void killReportsSandboxesThatDoNotRun() {
        CommandRun both = run("kill", "mine", SECOND);
        assertThat(both.exitCode()).as(both.stderr()).isZero();
        assertThat(both.stdout() + both.stderr()).isEmpty();
        CommandRun again = run("kill", FIRST);
        assertThat(again.exitCode()).isEqualTo(1);
        assertThat(again.stderr()).isEqualTo("neurovisor: sandbox " + FIRST + " does not run\n");
    }

    @Test
    void killEndsNothingIfAnArgumentIsWrong() {
        assertThat(run("kill", FIRST, "nothing").exitCode()).isEqualTo(2);
        assertThat(run("list").stdout()).contains(FIRST);
    }

    @Test
    void watchPrintsChanges() {
        CommandRun run = run("watch");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(run.stderr()).isEqualTo("neurovisor: the watch has ended: NeuroVisor is shutting down\n");
        assertThat(run.stdout()).contains("2027-01-15T08:00:00Z " + FIRST + " ended: timed out\n");
        assertThat(run("watch", "--json").stdout())
                .contains("{\"time\":\"2027-01-15T08:00:00Z\",\"id\":\"" + FIRST
                        + "\",\"change\":\"ended\",\"end_reason\":\"timed out\"}\n");
    }

    @Test
    void metricsPrintsTheLastMinute() {
        assertThat(run("metrics", FIRST).stdout().lines())
                .hasSize(13)
                .anyMatch(line ->
                        line.matches("2027-01-15T08:01:35Z +19.0 % +50 MiB of 256 MiB +0 KiB +0 KiB of 0 KiB +3"));
        assertThat(run("metrics", FIRST, "-n", "2", "--json").stdout().lines().filter(line -> line.contains("time")))
                .hasSize(2);
        assertThat(run("metrics", FIRST, "-n", "0").exitCode()).isEqualTo(2);
    }

    @Test
    void reportsThatThereIsNoDaemon() {
        daemon.close();
        for (String command : new String[] {"create", "list", "watch"}) {
            CommandRun run = run(command);
            assertThat(run.exitCode()).as(command).isEqualTo(3);
            assertThat(run.stderr()).contains("no daemon at " + socket());
        }
        assertThat(run("exec", FIRST, "--", "true").exitCode()).isEqualTo(125);
    }

    @Test
    void saysHowADaemonKeepsSandboxes() throws IOException {
        daemon.close();
        try (FakeSandboxDaemon _ = FakeSandboxDaemon.withoutSandboxes(socket())) {
            CommandRun run = run("create");
            assertThat(run.exitCode()).isEqualTo(125);
            assertThat(run.stderr())
                    .contains(
                            "the daemon at " + socket() + " keeps no sandboxes; start it with --max-sandboxes above 0");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            create --metadata=blue     | --metadata: "blue" is not allowed; use KEY=VALUE
            create --on-timeout=sleep  | --on-timeout: "sleep" is not allowed; use kill or pause
            resume x --timeout=0       | --timeout: "0" is not allowed; use a time from 1s to 24h
            fork x --count=33          | --count: 33 is not allowed; use 1 to 32
            fork x --count=0           | --count: 0 is not allowed; use 1 to 32
            fork x --timeout=25h       | --timeout: "25h" is not allowed; use a time from 1s to 24h
            create --timeout=0         | --timeout: "0" is not allowed; use a time from 1s to 24h
            create --env=UNSET         | --env UNSET: the variable is not set here
            exec -d -t x -- sh         | --detach leaves no terminal for --tty
            exec x                     | missing required parameter
            attach x 1 --stderr-from=-1                | --stderr-from: -1 is not allowed; use a number of bytes from 0
            attach x 1 --from-now --stdout-from=1      | --from-now excludes --stdout-from
            signal x 1 TRM             | SIGNAL: "TRM" is not allowed; use a number from 1 to 64 or a name such as TERM; did you mean
            signal x 1 65              | SIGNAL: "65" is not allowed
            """)
    void rejectsWrongUse(String arguments, String problem) {
        CommandRun run = run(arguments.split(" +"));
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.stderr()).contains(problem);
    }
}
