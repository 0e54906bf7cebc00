package io.neurovisor.tests.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.neurovisor.proto.sandbox.ListProcessesRequest;
import io.neurovisor.proto.sandbox.ProcessInfo;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.HostCommand;
import io.neurovisor.tests.fixtures.RunningDaemon;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a client that dies or is interrupted leaves behind, and what the next one finds: a process is attached to from the
 * offset that was received, and a copy has no half file on either side.
 */
@SuppressWarnings("NullAway.Init") // Set before the first test.
final class SandboxClientsIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private static final Pattern MISSING = Pattern.compile(
            "neurovisor: (\\d+) bytes of stdout are missing, from byte (\\d+) on: they were not read in time\n");

    private static final Pattern COPIED =
            Pattern.compile("neurovisor: (\\d+) files were copied before the copy ended\n");

    private static final int FILES = 1000;

    @TempDir
    private static Path directory;

    private static RunningDaemon daemon;
    private static SandboxClient client;
    private static String id;

    @BeforeAll
    static void start() {
        daemon = RunningDaemon.start(directory, "--warm=1", "--max=4", "--size=small");
        client = SandboxClient.of(SandboxCommand.channel(directory.resolve("daemon.sock")));
        id = client.create();
    }

    @AfterAll
    static void stop() {
        if (daemon != null) {
            daemon.close();
        }
    }

    @Test
    void anOffsetContinuesTheOutputOfAKilledClient() throws IOException {
        String received = killedClientOf("kept", "seq 1 20000; read line <gate-kept; seq 20001 40000");

        CommandLineRun attached = sandbox("attach", id, "kept", "--stdout-from", "" + received.length());
        assertThat(attached.exitCode()).as(attached.stderr()).isZero();
        assertThat(attached.stderr()).isEmpty();
        assertThat(received + attached.stdout()).isEqualTo(lines(40_000));
    }

    @Test
    void aGapNamesWhatAKilledClientHasMissed() throws IOException {
        String received = killedClientOf("lost", "seq 1 20000; read line <gate-lost; seq 20001 100000");
        await().atMost(LIMIT).until(() -> process("lost").hasEnded());
        String all = lines(100_000);
        assertThat(process("lost").getOffsets().getStdout()).isEqualTo(all.length());
        assertThat(sandbox("ps", id).stdout()).contains("" + all.length());

        CommandLineRun attached = sandbox("attach", id, "lost", "--stdout-from", "" + received.length());
        Matcher missing = MISSING.matcher(attached.stderr());
        assertThat(missing.matches()).as(attached.stderr()).isTrue();
        assertThat(missing.group(2)).isEqualTo("" + received.length());
        int rest = received.length() + Integer.parseInt(missing.group(1));
        assertThat(received + all.substring(received.length(), rest) + attached.stdout())
                .isEqualTo(all);
    }

    /** Starts a process, kills its client in the middle of the output, lets it go on and returns what the client has passed on. */
    private static String killedClientOf(String tag, String script) throws IOException {
        Process first = SandboxCommand.start(
                directory.resolve("daemon.sock"),
                "exec",
                id,
                "--tag=" + tag,
                "--",
                "bash",
                "-c",
                "mkfifo gate-" + tag + "; " + script);
        byte[] begin = first.getInputStream().readNBytes(5000);
        if (begin.length < 5000) {
            throw new AssertionError(CommandLineRun.await(first));
        }
        // Process.destroyForcibly would close the stream.
        assertThat(first.toHandle().destroyForcibly()).isTrue();
        byte[] rest = first.getInputStream().readAllBytes();
        assertThat(client.output(id, "echo >gate-" + tag)).isEmpty();
        return new String(begin, StandardCharsets.UTF_8) + new String(rest, StandardCharsets.UTF_8);
    }

    private static ProcessInfo process(String tag) {
        return client
                .processes()
                .listProcesses(
                        ListProcessesRequest.newBuilder().setSandboxId(id).build())
                .getProcessesList()
                .stream()
                .filter(process -> process.getTag().equals(tag))
                .findFirst()
                .orElseThrow();
    }

    private static String lines(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(line -> line + "\n").collect(Collectors.joining());
    }

    @Test
    void anInterruptedCopyLeavesNoHalfFile() throws Exception {
        Path tree = Files.createDirectory(directory.resolve("tree"));
        for (int i = 0; i < FILES; i++) {
            Files.writeString(tree.resolve("file-" + i), "content of file " + i + "\n".repeat(1000));
        }
        Process upload = copy(tree.toString(), id + ":copy");
        await().atMost(LIMIT)
                .until(() -> Integer.parseInt(
                                client.output(id, "ls copy 2>&1 | wc -l").strip())
                        > 10);
        long uploaded = interrupted(upload);
        assertThat(client.output(id, "ls -A copy | grep -v '^file-[0-9]*$'; find copy -type f -size -1000c")
                        .lines())
                .isEmpty();
        assertThat(Long.parseLong(client.output(id, "ls copy | wc -l").strip())).isBetween(uploaded, uploaded + 8);

        CommandLineRun again = CommandLineRun.await(copy(tree.toString(), id + ":whole"));
        assertThat(again.exitCode()).as(again.stderr()).isZero();
        Path back = directory.resolve("back");
        Process download = copy(id + ":whole", back.toString());
        await().atMost(LIMIT).until(() -> Files.isDirectory(back) && names(back).size() > 10);
        long downloaded = interrupted(download);
        assertThat(names(back)).hasSize((int) downloaded);
        for (String name : names(back)) {
            assertThat(back.resolve(name)).hasSameBinaryContentAs(tree.resolve(name));
        }
    }

    private static Process copy(String source, String destination) {
        return SandboxCommand.start(directory.resolve("daemon.sock"), "cp", "-r", source, destination);
    }

    /** Returns how many files a copy has reported that Ctrl-C has ended. */
    private static long interrupted(Process copy) {
        assertThat(HostCommand.run(List.of("kill", "-INT", "" + copy.pid())).exitCode())
                .isZero();
        CommandLineRun run = CommandLineRun.await(copy);
        assertThat(run.exitCode()).as(run.stderr()).isEqualTo(130);
        Matcher copied = COPIED.matcher(run.stderr());
        assertThat(copied.find()).as(run.stderr()).isTrue();
        assertThat(Long.parseLong(copied.group(1))).isBetween(1L, FILES - 1L);
        return Long.parseLong(copied.group(1));
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> content = Files.list(directory)) {
            return content.map(path -> directory.relativize(path).toString()).toList();
        }
    }

    private static CommandLineRun sandbox(String... arguments) {
        return SandboxCommand.of(directory.resolve("daemon.sock"), arguments);
    }
}
