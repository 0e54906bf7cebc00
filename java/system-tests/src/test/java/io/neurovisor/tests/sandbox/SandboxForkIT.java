package io.neurovisor.tests.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.neurovisor.proto.sandbox.ConnectRequest;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.CreateSnapshotRequest;
import io.neurovisor.proto.sandbox.DeleteSnapshotRequest;
import io.neurovisor.proto.sandbox.ForkRequest;
import io.neurovisor.proto.sandbox.ForkResult;
import io.neurovisor.proto.sandbox.PauseRequest;
import io.neurovisor.proto.sandbox.Sandbox;
import io.neurovisor.proto.sandbox.SandboxLayer;
import io.neurovisor.proto.sandbox.SandboxState;
import io.neurovisor.proto.sandbox.Snapshot;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.lifecycle.DoomedRun;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests copies of sandboxes: their programs go on, and they share only what SECURITY.md lists. */
@SuppressWarnings("NullAway.Init") // Set before each test.
final class SandboxForkIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(1);
    private static final long CHANGED_BYTES = 100L << 20;
    private static final String DIGEST = "sha256sum big";
    private static final String NAMES = "cat /proc/sys/kernel/hostname /etc/machine-id /proc/sys/kernel/random/boot_id";

    @TempDir
    private Path directory;

    private DoomedRun files;
    private RunningDaemon daemon;
    private ManagedChannel channel;
    private SandboxClient client;

    /** Builds what every machine needs. */
    @BeforeAll
    static void runOnce() {
        CommandLineRun run = CommandLineRun.of("run", "--size=small", "-l", "bash", "-c", "true");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
    }

    @BeforeEach
    void start() throws IOException {
        files = DoomedRun.in("images", "kernels", "initrds", "templates");
        serve();
    }

    private void serve() throws IOException {
        daemon = RunningDaemon.start(
                directory, "--data-dir=" + files.data(), "--warm=0", "--max=11", "--max-sandboxes=11", "--size=small");
        channel = SandboxCommand.channel(socket());
        client = SandboxClient.of(channel);
    }

    @AfterEach
    void stop() throws IOException {
        if (channel != null) {
            channel.shutdownNow();
        }
        if (daemon != null) {
            daemon.close();
        }
        files.close();
    }

    private Path socket() {
        return directory.resolve("daemon.sock");
    }

    @ShortTier
    @Test
    void threeCopiesShareOnlyWhatIsDocumented() throws IOException {
        copiesShareOnlyWhatIsDocumented(3);
    }

    @Test
    void tenCopiesShareOnlyWhatIsDocumented() throws IOException {
        copiesShareOnlyWhatIsDocumented(10);
    }

    private void copiesShareOnlyWhatIsDocumented(int count) throws IOException {
        String source = client.create();
        for (DrawingProgram program : DrawingProgram.values()) {
            program.start(client, source);
        }
        List<String> names = names(source);
        for (DrawingProgram program : DrawingProgram.values()) {
            await().atMost(LIMIT).until(() -> program.rounds(client, source) >= 2);
        }

        CommandLineRun fork = SandboxCommand.of(socket(), "fork", source, "--count=" + count, "--timeout=30m");
        assertThat(fork.exitCode()).as(fork.stderr()).isZero();
        List<String> copies = fork.stdout().lines().toList();
        assertThat(copies).hasSize(count);
        // Whether the copies share a memory, which is theirs as long as they run, depends on how much was drawn.
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(checkpoints())
                        .as("of the fork")
                        .hasSizeLessThan(2)
                        .allSatisfy(left ->
                                assertThat(left.getFileName().toString()).startsWith(".fork-")));

        List<String> all = Stream.concat(Stream.of(source), copies.stream()).toList();
        assertThat(names(source)).isEqualTo(names);
        List<List<String>> allNames = all.stream().map(this::names).toList();
        IntStream.range(0, names.size())
                .forEach(i ->
                        assertThat(allNames).extracting(each -> each.get(i)).doesNotHaveDuplicates());
        assertThat(all).allSatisfy(id -> client.assertHasTheTimeOfTheHost(id, CLOCK_TOLERANCE));
        assertThat(copies).allSatisfy(copy -> assertThat(layers(copy)).isEqualTo(layers(source)));
        for (DrawingProgram program : DrawingProgram.values()) {
            await().atMost(LIMIT).untilAsserted(() -> program.assertRepeatsOnlyWhatIsDocumented(client, all));
        }

        assertThat(client.kill(source)).isTrue();
        assertThat(copies)
                .allSatisfy(
                        copy -> assertThat(client.output(copy, "echo alive")).isEqualTo("alive\n"));
        assertThat(copies).allSatisfy(copy -> assertThat(client.kill(copy)).isTrue());
        assertNothingIsLeft();
    }

    @Test
    void aPausedSandboxIsCopiedFromItsPause() throws IOException {
        String source = client.create();
        DrawingProgram.BASH.start(client, source);
        await().atMost(LIMIT).until(() -> DrawingProgram.BASH.rounds(client, source) >= 2);
        assertThat(client.sandboxes()
                        .pause(PauseRequest.newBuilder().setSandboxId(source).build())
                        .getSandbox()
                        .getState())
                .isEqualTo(SandboxState.SANDBOX_STATE_PAUSED);

        List<String> copies = fork(source, 2);
        assertThat(client.get(source).getState()).isEqualTo(SandboxState.SANDBOX_STATE_PAUSED);
        assertThat(daemon.vmms()).hasSize(2);
        await().atMost(LIMIT).untilAsserted(() -> assertThat(checkpoints()).hasSize(1));
        Sandbox resumed = client.sandboxes()
                .connect(ConnectRequest.newBuilder().setSandboxId(source).build())
                .getSandbox();
        assertThat(resumed.getState()).isEqualTo(SandboxState.SANDBOX_STATE_RUNNING);
        List<String> all = Stream.concat(Stream.of(source), copies.stream()).toList();
        assertThat(all.stream().flatMap(id -> names(id).stream())).doesNotHaveDuplicates();
        await().atMost(LIMIT).untilAsserted(() -> DrawingProgram.BASH.assertRepeatsOnlyWhatIsDocumented(client, all));

        assertThat(all).allSatisfy(id -> assertThat(client.kill(id)).isTrue());
        assertNothingIsLeft();
    }

    @Test
    void aCopyIsPausedCopiedAndResumedLikeItsSource() throws IOException {
        String source = client.create();
        assertThat(client.output(source, "echo 41 > n")).isEmpty();
        String copy = fork(source, 1).getFirst();
        List<String> names = names(copy);
        assertThat(client.kill(source)).isTrue();
        assertThat(client.sandboxes()
                        .pause(PauseRequest.newBuilder().setSandboxId(copy).build())
                        .getSandbox()
                        .getState())
                .isEqualTo(SandboxState.SANDBOX_STATE_PAUSED);
        assertThat(client.sandboxes()
                        .connect(ConnectRequest.newBuilder().setSandboxId(copy).build())
                        .getSandbox()
                        .getGeneration())
                .isEqualTo(2);
        assertThat(names(copy)).isEqualTo(names);
        String copyOfCopy = fork(copy, 1).getFirst();
        assertThat(client.get(copyOfCopy).getForkedFrom()).isEqualTo(copy);
        assertThat(client.output(copyOfCopy, "echo $(( $(cat n) + 1 ))")).isEqualTo("42\n");
        assertThat(names(copyOfCopy)).doesNotContainAnyElementsOf(names);
        assertThat(List.of(copy, copyOfCopy))
                .allSatisfy(id -> assertThat(client.kill(id)).isTrue());
        assertNothingIsLeft();
    }

    @ShortTier
    @Test
    void aSnapshotOutlivesItsSandboxAndItsDaemon() throws IOException {
        String source = client.create();
        DrawingProgram.BASH.start(client, source);
        await().atMost(LIMIT).until(() -> DrawingProgram.BASH.rounds(client, source) >= 2);
        List<String> names = names(source);
        List<String> layers = layers(source);

        Snapshot snapshot = client.sandboxes()
                .createSnapshot(CreateSnapshotRequest.newBuilder()
                        .setSandboxId(source)
                        .setName("ready")
                        .build())
                .getSnapshot();
        assertThat(names(source)).isEqualTo(names);
        assertThat(checkpoints()).hasSize(1);
        assertThat(client.kill(source)).isTrue();
        restart();

        List<String> all = Stream.of(snapshot.getId(), "ready")
                .map(template -> client.sandboxes()
                        .create(CreateRequest.newBuilder()
                                .setTemplate(template)
                                .setTimeoutSecs(600)
                                .build())
                        .getSandbox()
                        .getId())
                .toList();
        assertThat(Stream.concat(names.stream(), all.stream().flatMap(id -> names(id).stream())))
                .doesNotHaveDuplicates();
        assertThat(all).allSatisfy(id -> assertThat(layers(id)).isEqualTo(layers));
        assertThat(all).allSatisfy(id -> client.assertHasTheTimeOfTheHost(id, CLOCK_TOLERANCE));
        await().atMost(LIMIT).untilAsserted(() -> DrawingProgram.BASH.assertRepeatsOnlyWhatIsDocumented(client, all));
        assertThat(client.sandboxes()
                        .deleteSnapshot(DeleteSnapshotRequest.newBuilder()
                                .setSnapshotId("ready")
                                .build())
                        .getDeleted())
                .isTrue();
        assertThat(all).allSatisfy(id -> assertThat(client.kill(id)).isTrue());
        assertNothingIsLeft();
    }

    @ShortTier
    @Test
    void copiesShareWhatTheirSourceHasChanged() throws IOException {
        String source = client.create();
        assertThat(client.output(source, "head -c " + CHANGED_BYTES + " /dev/urandom > big; sync"))
                .isEmpty();
        String digest = client.output(source, DIGEST);

        List<String> copies = fork(source, 4);
        Path memory = checkpoints().getFirst().resolve("machine/memory");
        assertThat(Files.size(memory)).isGreaterThanOrEqualTo(256L << 20);
        assertThat(client.kill(source)).isTrue();
        assertThat(copies)
                .allSatisfy(copy -> assertThat(client.output(copy, DIGEST)).isEqualTo(digest));
        assertThat(daemon.vmms()).hasSize(4);
        // Each copy has read all of it and has made some 34 MiB its own; loaded into each, it would be 4 times in
        // addition to these.
        assertThat(daemon.vmms().stream()
                        .mapToLong(vmm -> GuestMemory.proportionalBytes(vmm, memory))
                        .sum())
                .isBetween(CHANGED_BYTES, 3 * CHANGED_BYTES);

        String paused = copies.getFirst();
        assertThat(client.output(paused, "echo more > small; rm -f other")).isEmpty();
        assertThat(SandboxCommand.of(socket(), "pause", paused).exitCode()).isZero();
        copies.stream().skip(1).forEach(copy -> assertThat(client.kill(copy)).isTrue());
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(checkpoints())
                        .extracting(checkpoint -> checkpoint.getFileName().toString())
                        .containsExactly(paused + "-1"));
        restart();
        assertThat(SandboxCommand.of(socket(), "resume", paused).exitCode()).isZero();
        assertThat(client.output(paused, DIGEST + "; cat small")).isEqualTo(digest + "more\n");
        assertThat(client.kill(paused)).isTrue();
        assertNothingIsLeft();
    }

    @Test
    void aKilledDaemonLeavesNothingOfWhatCopiesShare() throws IOException {
        String source = client.create();
        assertThat(client.output(source, "head -c " + CHANGED_BYTES + " /dev/urandom > big"))
                .isEmpty();
        assertThat(fork(source, 2)).hasSize(2);
        assertThat(checkpoints()).hasSize(1);

        daemon.signal("KILL");

        await().atMost(LIMIT).untilAsserted(() -> assertThat(checkpoints()).isEmpty());
    }

    /** Its memory is one file, which all of its sandboxes map. */
    @Test
    void sandboxesOfATemplateShareItsMemory() throws IOException {
        String source = client.create();
        DrawingProgram.BASH.start(client, source);
        await().atMost(LIMIT).until(() -> DrawingProgram.BASH.rounds(client, source) >= 2);
        CommandLineRun snapshot = SandboxCommand.of(socket(), "snapshot", source, "--name=ready");
        assertThat(snapshot.exitCode()).as(snapshot.stderr()).isZero();
        CommandLineRun made = SandboxCommand.of(socket(), "create-template", "ready", "mine");
        assertThat(made.exitCode()).as(made.stderr()).isZero();
        assertThat(SandboxCommand.of(socket(), "delete-snapshot", "ready").exitCode())
                .isZero();
        assertThat(client.kill(source)).isTrue();
        restart();

        String first = fromTemplate();
        String second = fromTemplate();
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> DrawingProgram.BASH.assertRepeatsOnlyWhatIsDocumented(client, List.of(first, second)));
        Path checkpoint = checkpoints().getFirst();
        long memory = Files.size(checkpoint.resolve("machine/memory"));
        assertThat(memory).isGreaterThan(200L << 20);
        assertThat(Files.size(checkpoint.resolve("machine/pages")))
                .as("of the template")
                .isEqualTo(4096);
        assertThat(SandboxCommand.of(socket(), "delete-template", "mine").stderr())
                .contains("is the memory of", first, second);

        int rounds = DrawingProgram.BASH.rounds(client, first);
        assertThat(SandboxCommand.of(socket(), "pause", first).exitCode()).isZero();
        assertThat(SandboxCommand.of(socket(), "resume", first).exitCode()).isZero();
        await().atMost(LIMIT).until(() -> DrawingProgram.BASH.rounds(client, first) > rounds);
        assertThat(List.of(first, second))
                .allSatisfy(id -> assertThat(client.kill(id)).isTrue());
        assertThat(SandboxCommand.of(socket(), "delete-template", "mine").exitCode())
                .isZero();
        assertNothingIsLeft();
    }

    private String fromTemplate() {
        return client.sandboxes()
                .create(CreateRequest.newBuilder()
                        .setTemplate("mine")
                        .setTimeoutSecs(600)
                        .build())
                .getSandbox()
                .getId();
    }

    private void restart() throws IOException {
        channel.shutdownNow();
        daemon.close();
        serve();
    }

    private List<String> fork(String id, int count) {
        List<ForkResult> results = client.sandboxes()
                .fork(ForkRequest.newBuilder()
                        .setSandboxId(id)
                        .setCount(count)
                        .setTimeoutSecs(600)
                        .build())
                .getResultsList();
        assertThat(results).hasSize(count).allMatch(ForkResult::hasSandbox);
        return results.stream().map(result -> result.getSandbox().getId()).toList();
    }

    private List<String> names(String id) {
        return client.output(id, NAMES).lines().toList();
    }

    /** Returns the layers without details such as the number of the machine. */
    private List<String> layers(String id) {
        List<SandboxLayer> layers = client.get(id).getLayersList();
        assertThat(layers).hasSize(6);
        return layers.stream()
                .map(layer -> layer.getName() + ": " + layer.getStatus())
                .toList();
    }

    private List<Path> checkpoints() throws IOException {
        try (Stream<Path> all = Files.list(files.data().resolve("sandboxes/checkpoints"))) {
            return all.filter(Files::isDirectory).toList();
        }
    }

    private void assertNothingIsLeft() {
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(daemon.vmms()).isEmpty();
            assertThat(checkpoints()).isEmpty();
        });
    }
}
