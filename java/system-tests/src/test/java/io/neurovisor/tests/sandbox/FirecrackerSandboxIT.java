package io.neurovisor.tests.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.neurovisor.proto.sandbox.ConnectRequest;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.CreateSnapshotRequest;
import io.neurovisor.proto.sandbox.CreateTemplateRequest;
import io.neurovisor.proto.sandbox.DeleteSnapshotRequest;
import io.neurovisor.proto.sandbox.DeleteTemplateRequest;
import io.neurovisor.proto.sandbox.ForkRequest;
import io.neurovisor.proto.sandbox.ForkResult;
import io.neurovisor.proto.sandbox.PauseRequest;
import io.neurovisor.proto.sandbox.SandboxLayer;
import io.neurovisor.proto.sandbox.SandboxState;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.fixtures.TestMachines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that a sandbox on Firecracker is paused, resumed by the next daemon, copied, and kept as a snapshot and as a template. */
@SuppressWarnings("NullAway.Init") // Set before the test.
final class FirecrackerSandboxIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final String NAMES =
            "cat /proc/sys/kernel/hostname /etc/machine-id /proc/sys/kernel/random/boot_id /proc/sys/kernel/random/uuid";
    private static final Duration CLOCK_TOLERANCE = Duration.ofMillis(100);
    private static final int RANDOM = 3;
    private static final int LAYERS = 6;
    /** Two copies of a small sandbox that has changed so much share one memory. */
    private static final long CHANGED_BYTES = 100L << 20;

    private static final String DIGEST = "sha256sum big";

    @TempDir
    private Path directory;

    private RunningDaemon daemon;
    private ManagedChannel channel;
    private SandboxClient client;
    /** Checkpoints of other tests, whose sandboxes may go back to them for a day. */
    private Set<Path> foreign = Set.of();

    @BeforeEach
    void begin() throws IOException {
        foreign = Set.copyOf(checkpoints());
        serve();
    }

    private void serve() {
        daemon = RunningDaemon.start(
                directory,
                "--vmm=firecracker",
                "--warm=0",
                "--max=4",
                "--max-sandboxes=4",
                "--size=small",
                "--ebpf=on",
                "--strict",
                "--acquire-timeout=" + LIMIT.toSeconds());
        channel = SandboxCommand.channel(directory.resolve("daemon.sock"));
        client = SandboxClient.of(channel);
    }

    @AfterEach
    void close() {
        channel.shutdownNow();
        daemon.close();
    }

    @Test
    void aSandboxOutlivesItsDaemonAndIsCopied() {
        String id = client.create();
        List<String> names = names(id);
        assertThat(client.output(id, "echo 41 > n")).isEmpty();
        DrawingProgram.BASH.start(client, id);
        await().atMost(LIMIT).until(() -> DrawingProgram.BASH.rounds(client, id) >= 2);
        assertHasAllLayers(id);

        pause(id);
        assertThat(daemon.vmms()).isEmpty();
        restart();
        assertThat(client.get(id).getState()).isEqualTo(SandboxState.SANDBOX_STATE_PAUSED);
        resume(id);
        assertThat(client.output(id, "echo $(( $(cat n) + 1 ))")).isEqualTo("42\n");
        assertThat(names(id).subList(0, RANDOM)).isEqualTo(names.subList(0, RANDOM));
        assertHasAllLayers(id);
        int rounds = DrawingProgram.BASH.rounds(client, id);
        await().atMost(LIMIT).until(() -> DrawingProgram.BASH.rounds(client, id) > rounds);

        List<String> copies = fork(id);
        List<String> all = Stream.concat(Stream.of(id), copies.stream()).toList();
        assertThat(all.stream().flatMap(each -> names(each).stream())).doesNotHaveDuplicates();
        assertThat(copies).allSatisfy(this::assertHasAllLayers);
        assertThat(all).allSatisfy(each -> client.assertHasTheTimeOfTheHost(each, CLOCK_TOLERANCE));
        await().atMost(LIMIT).untilAsserted(() -> DrawingProgram.BASH.assertRepeatsOnlyWhatIsDocumented(client, all));
        assertThat(all).allSatisfy(each -> assertThat(client.kill(each)).isTrue());
        assertNothingIsLeft();
    }

    @Test
    void copiesShareWhatTheirSourceHasChanged() throws IOException {
        String source = client.create();
        assertThat(client.output(source, "head -c " + CHANGED_BYTES + " /dev/urandom > big; sync"))
                .isEmpty();
        String digest = client.output(source, DIGEST);

        List<String> copies = fork(source);
        Path memory = checkpoints().getFirst().resolve("machine/memory");
        assertThat(Files.size(memory)).isGreaterThanOrEqualTo(256L << 20);
        assertThat(client.kill(source)).isTrue();
        assertThat(copies).allSatisfy(copy -> {
            assertThat(client.output(copy, DIGEST)).isEqualTo(digest);
            assertHasAllLayers(copy);
        });
        // Both have read all of it, and have made less than that their own.
        assertThat(daemon.vmms()).hasSize(2).allSatisfy(vmm -> {
            assertThat(GuestMemory.proportionalBytes(vmm, memory)).isGreaterThan(CHANGED_BYTES / 2);
            assertThat(GuestMemory.changedBytes(vmm, memory)).isLessThan(CHANGED_BYTES);
        });

        String paused = copies.getFirst();
        assertThat(client.output(paused, "echo more > small")).isEmpty();
        pause(paused);
        assertThat(client.kill(copies.getLast())).isTrue();
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(checkpoints())
                        .extracting(checkpoint -> checkpoint.getFileName().toString())
                        .containsExactly(paused + "-1"));
        restart();
        resume(paused);
        assertThat(client.output(paused, DIGEST + "; cat small")).isEqualTo(digest + "more\n");
        assertThat(client.kill(paused)).isTrue();
        assertNothingIsLeft();
    }

    @Test
    void aSnapshotOutlivesItsDaemonAndBecomesATemplate() throws IOException {
        String source = client.create();
        List<String> names = names(source);
        DrawingProgram.BASH.start(client, source);
        await().atMost(LIMIT).until(() -> DrawingProgram.BASH.rounds(client, source) >= 2);
        String snapshot = client.sandboxes()
                .createSnapshot(CreateSnapshotRequest.newBuilder()
                        .setSandboxId(source)
                        .setName("ready")
                        .build())
                .getSnapshot()
                .getId();
        assertThat(client.kill(source)).isTrue();
        restart();

        String ofSnapshot = createFrom(snapshot);
        makeTemplate("ready", "mine");
        assertThat(client.sandboxes()
                        .deleteSnapshot(DeleteSnapshotRequest.newBuilder()
                                .setSnapshotId("ready")
                                .build())
                        .getDeleted())
                .isTrue();
        restartWithout(ofSnapshot);
        List<String> all = List.of(createFrom("mine"), createFrom("mine"));
        Path memory = checkpoints().getFirst().resolve("machine/memory");
        assertThat(Files.size(memory)).isGreaterThanOrEqualTo(256L << 20);
        assertThat(daemon.vmms())
                .hasSize(2)
                .allSatisfy(vmm ->
                        assertThat(GuestMemory.proportionalBytes(vmm, memory)).isPositive());
        assertThat(all).allSatisfy(this::assertHasAllLayers);
        assertThat(Stream.concat(names.stream(), all.stream().flatMap(id -> names(id).stream())))
                .doesNotHaveDuplicates();
        await().atMost(LIMIT).untilAsserted(() -> DrawingProgram.BASH.assertRepeatsOnlyWhatIsDocumented(client, all));

        int rounds = DrawingProgram.BASH.rounds(client, all.getFirst());
        pause(all.getFirst());
        resume(all.getFirst());
        await().atMost(LIMIT).until(() -> DrawingProgram.BASH.rounds(client, all.getFirst()) > rounds);
        assertThat(all).allSatisfy(id -> assertThat(client.kill(id)).isTrue());
        assertThat(client.sandboxes()
                        .deleteTemplate(DeleteTemplateRequest.newBuilder()
                                .setTemplateId("mine")
                                .build())
                        .getDeleted())
                .isTrue();
        assertNothingIsLeft();
    }

    /** Uses a sandbox of the snapshot, ends it and starts the next daemon. */
    private void restartWithout(String ofSnapshot) {
        assertHasAllLayers(ofSnapshot);
        int rounds = DrawingProgram.BASH.rounds(client, ofSnapshot);
        await().atMost(LIMIT).until(() -> DrawingProgram.BASH.rounds(client, ofSnapshot) > rounds);
        assertThat(client.kill(ofSnapshot)).isTrue();
        restart();
    }

    private String createFrom(String template) {
        return client.create(CreateRequest.newBuilder()
                        .setTemplate(template)
                        .setTimeoutSecs(600)
                        .build())
                .getId();
    }

    private void makeTemplate(String snapshot, String name) {
        client.sandboxes()
                .createTemplate(CreateTemplateRequest.newBuilder()
                        .setSnapshotId(snapshot)
                        .setName(name)
                        .build())
                .forEachRemaining(_ -> {});
    }

    private void pause(String id) {
        assertThat(client.sandboxes()
                        .pause(PauseRequest.newBuilder().setSandboxId(id).build())
                        .getSandbox()
                        .getState())
                .isEqualTo(SandboxState.SANDBOX_STATE_PAUSED);
    }

    private void resume(String id) {
        // Resuming may take longer than a call waits.
        await().atMost(LIMIT)
                .ignoreExceptionsMatching(
                        failure -> Status.fromThrowable(failure).getCode() == Status.Code.ABORTED)
                .untilAsserted(() -> assertThat(client.sandboxes()
                                .connect(ConnectRequest.newBuilder()
                                        .setSandboxId(id)
                                        .build())
                                .getSandbox()
                                .getState())
                        .isEqualTo(SandboxState.SANDBOX_STATE_RUNNING));
    }

    private void restart() {
        channel.shutdownNow();
        daemon.signal("TERM");
        assertThat(daemon.awaitEnd()).isZero();
        daemon.close();
        serve();
    }

    private List<String> fork(String id) {
        List<ForkResult> results = client.sandboxes()
                .fork(ForkRequest.newBuilder()
                        .setSandboxId(id)
                        .setCount(2)
                        .setTimeoutSecs(600)
                        .build())
                .getResultsList();
        assertThat(results).hasSize(2).allMatch(ForkResult::hasSandbox);
        return results.stream().map(result -> result.getSandbox().getId()).toList();
    }

    /** Returns the names of a sandbox, and a random number. */
    private List<String> names(String id) {
        return client.output(id, NAMES).lines().toList();
    }

    private void assertHasAllLayers(String id) {
        assertThat(client.get(id).getLayersList())
                .hasSize(LAYERS)
                .extracting(SandboxLayer::getStatus)
                .containsOnly("live");
    }

    private List<Path> checkpoints() throws IOException {
        Path home = TestMachines.dataDirectory().resolve("sandboxes/checkpoints");
        if (!Files.exists(home)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(home)) {
            return all.filter(Files::isDirectory)
                    .filter(checkpoint -> !foreign.contains(checkpoint))
                    .toList();
        }
    }

    private void assertNothingIsLeft() {
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(daemon.vmms()).isEmpty();
            assertThat(checkpoints()).isEmpty();
        });
    }
}
