package io.neurovisor.tests.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.neurovisor.proto.sandbox.ConnectRequest;
import io.neurovisor.proto.sandbox.ForkRequest;
import io.neurovisor.proto.sandbox.ForkResult;
import io.neurovisor.proto.sandbox.PauseRequest;
import io.neurovisor.proto.sandbox.SandboxState;
import io.neurovisor.tests.fixtures.RunningDaemon;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that a sandbox on Firecracker is paused, resumed by the next daemon, and copied. */
@SuppressWarnings("NullAway.Init") // Set before the test.
final class FirecrackerSandboxIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final String NAMES =
            "cat /proc/sys/kernel/hostname /etc/machine-id /proc/sys/kernel/random/boot_id /proc/sys/kernel/random/uuid";
    private static final int RANDOM = 3;

    @TempDir
    private Path directory;

    private RunningDaemon daemon;
    private ManagedChannel channel;
    private SandboxClient client;

    @BeforeEach
    void serve() {
        daemon = RunningDaemon.start(
                directory, "--vmm=firecracker", "--warm=0", "--max=4", "--max-sandboxes=4", "--size=small");
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
        List<String> layers = layers(id);

        assertThat(client.sandboxes()
                        .pause(PauseRequest.newBuilder().setSandboxId(id).build())
                        .getSandbox()
                        .getState())
                .isEqualTo(SandboxState.SANDBOX_STATE_PAUSED);
        assertThat(daemon.vmms()).isEmpty();
        restart();
        assertThat(client.get(id).getState()).isEqualTo(SandboxState.SANDBOX_STATE_PAUSED);
        assertThat(client.sandboxes()
                        .connect(ConnectRequest.newBuilder().setSandboxId(id).build())
                        .getSandbox()
                        .getState())
                .isEqualTo(SandboxState.SANDBOX_STATE_RUNNING);
        assertThat(client.output(id, "echo $(( $(cat n) + 1 ))")).isEqualTo("42\n");
        assertThat(names(id).subList(0, RANDOM)).isEqualTo(names.subList(0, RANDOM));
        assertThat(layers(id)).isEqualTo(layers);
        int rounds = DrawingProgram.BASH.rounds(client, id);
        await().atMost(LIMIT).until(() -> DrawingProgram.BASH.rounds(client, id) > rounds);

        List<String> copies = fork(id);
        List<String> all = Stream.concat(Stream.of(id), copies.stream()).toList();
        assertThat(all.stream().flatMap(each -> names(each).stream())).doesNotHaveDuplicates();
        assertThat(copies).allSatisfy(copy -> assertThat(layers(copy)).isEqualTo(layers));
        await().atMost(LIMIT).untilAsserted(() -> DrawingProgram.BASH.assertRepeatsOnlyWhatIsDocumented(client, all));
        assertThat(all).allSatisfy(each -> assertThat(client.kill(each)).isTrue());
        await().atMost(LIMIT).untilAsserted(() -> assertThat(daemon.vmms()).isEmpty());
    }

    private void restart() {
        channel.shutdownNow();
        daemon.signal("TERM");
        assertThat(daemon.awaitEnd()).isZero();
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

    /** Returns the layers without details such as the number of the machine. */
    private List<String> layers(String id) {
        return client.get(id).getLayersList().stream()
                .map(layer -> layer.getName() + ": " + layer.getStatus())
                .toList();
    }
}
