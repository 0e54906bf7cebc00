package io.neurovisor.tests.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.proto.sandbox.AttachRequest;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.ProcessEvent;
import io.neurovisor.proto.sandbox.ProcessSelector;
import io.neurovisor.proto.sandbox.ReadRequest;
import io.neurovisor.proto.sandbox.ReadResponse;
import io.neurovisor.proto.sandbox.Sandbox;
import io.neurovisor.proto.sandbox.SandboxLayer;
import io.neurovisor.proto.sandbox.SandboxState;
import io.neurovisor.proto.sandbox.SendInputRequest;
import io.neurovisor.proto.sandbox.SetTimeoutRequest;
import io.neurovisor.proto.sandbox.StartRequest;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests living sandboxes of one daemon, by the command line and by gRPC. */
final class SandboxIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(1);

    @TempDir
    private static Path directory;

    private static RunningDaemon daemon;
    private static SandboxClient client;

    @BeforeAll
    static void start() {
        daemon = RunningDaemon.start(directory, "--warm=1", "--max=4", "--size=small");
        client = SandboxClient.of(daemon.channel());
        // The first machine waits for its template.
        await().atMost(LIMIT)
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> daemon.status("/ready").equals("200 ready"));
    }

    @AfterAll
    static void stop() {
        if (daemon != null) {
            daemon.close();
        }
    }

    @ShortTier
    @Test
    void keepsFilesBetweenCommands() throws Exception {
        CommandLineRun created = sandbox("create", "--timeout", "10m");
        assertThat(created.exitCode()).as(created.stderr()).isZero();
        String id = created.stdout().strip();
        assertThat(id).matches("[a-z0-9]{20}");

        assertThat(sandbox("exec", id, "--", "bash", "-c", "echo 41 > n").exitCode())
                .isZero();
        CommandLineRun sum = sandbox("exec", id, "--", "bash", "-c", "echo $(( $(cat n) + 1 )); id -u; exit 3");
        assertThat(sum.stdout()).as(sum.stderr()).isEqualTo("42\n1000\n");
        assertThat(sum.exitCode()).isEqualTo(3);

        Path report = Files.writeString(directory.resolve("report.csv"), "a,b\n");
        CommandLineRun copied = sandbox("cp", report.toString(), id + ":data/");
        assertThat(copied.exitCode()).as(copied.stderr()).isZero();
        CommandLineRun back = sandbox(
                "cp", id + ":data/report.csv", directory.resolve("back.csv").toString());
        assertThat(back.exitCode()).as(back.stderr()).isZero();
        assertThat(directory.resolve("back.csv")).hasContent("a,b\n");

        assertThat(sandbox("list").stdout()).contains(id);
        assertThat(sandbox("kill", id).exitCode()).isZero();
        CommandLineRun gone = sandbox("exec", id, "--", "true");
        assertThat(gone.exitCode()).isEqualTo(125);
        assertThat(gone.stderr()).contains(id, "killed");
    }

    @ShortTier
    @Test
    void hasAllLayersOfItsMachine() {
        String id = client.create();
        Sandbox sandbox = client.get(id);

        assertThat(sandbox.getState()).isEqualTo(SandboxState.SANDBOX_STATE_RUNNING);
        assertThat(sandbox.getLayersList()).extracting(SandboxLayer::getNumber).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(sandbox.getLayersList()).extracting(SandboxLayer::getStatus).doesNotContain("broken");
        assertThat(sandbox.getLayersList().getFirst().getStatus()).isEqualTo("live");
        assertThat(client.kill(id)).isTrue();
        assertThat(client.kill(id)).as("again").isFalse();
    }

    @ShortTier
    @Test
    void aProcessOutlivesTheClientThatStartedIt() {
        String id = client.create();
        Iterator<ProcessEvent> first = client.processes()
                .start(StartRequest.newBuilder()
                        .setSandboxId(id)
                        .setCommand("bash")
                        .addArgs("-c")
                        .addArgs("echo one; read line; echo $line")
                        .setStdin(true)
                        .setTag("job")
                        .build());
        assertThat(first.next().getStarted().getPid()).isPositive();
        assertThat(first.next().getOutput().getData().toStringUtf8()).isEqualTo("one\n");
        ProcessSelector job = ProcessSelector.newBuilder().setTag("job").build();
        Iterator<ProcessEvent> second = client.processes()
                .attach(AttachRequest.newBuilder()
                        .setSandboxId(id)
                        .setProcess(job)
                        .build());
        assertThat(client.processes()
                        .sendInput(SendInputRequest.newBuilder()
                                .setSandboxId(id)
                                .setProcess(job)
                                .setData(ByteString.copyFromUtf8("two\n"))
                                .build()))
                .isNotNull();

        StringBuilder all = new StringBuilder();
        assertThat(SandboxClient.ended(second, all).getExitCode()).isZero();
        assertThat(all).hasToString("one\ntwo\n");
        assertThat(client.kill(id)).isTrue();
    }

    @Test
    void endsWhenItsTimeHasPassed() {
        String id = client.create(CreateRequest.newBuilder().setTimeoutSecs(2).build())
                .getId();
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThatThrownBy(() -> client.output(id, "true"))
                        .isInstanceOfSatisfying(
                                StatusRuntimeException.class,
                                exception -> assertThat(exception.getStatus().getCode())
                                        .isEqualTo(Status.Code.NOT_FOUND))
                        .hasMessageContaining("timed out"));

        String ended = client.create();
        assertThat(client.sandboxes()
                        .setTimeout(SetTimeoutRequest.newBuilder()
                                .setSandboxId(ended)
                                .setTimeoutSecs(0)
                                .build())
                        .getSandbox()
                        .getState())
                .isEqualTo(SandboxState.SANDBOX_STATE_ENDED);
    }

    @Test
    void theGuestHasTheTimeOfTheHost() {
        String id = client.create();
        for (int i = 0; i < 5; i++) {
            client.assertHasTheTimeOfTheHost(id, CLOCK_TOLERANCE);
        }
        assertThat(client.kill(id)).isTrue();
    }

    @Test
    void readsALargeFileThatAProgramWrote() {
        String id = client.create();
        assertThat(client.output(id, "head -c 8000000 /dev/zero | tr '\\0' x > big; stat -c %s big"))
                .isEqualTo("8000000\n");
        Iterator<ReadResponse> read = client.files()
                .read(ReadRequest.newBuilder().setSandboxId(id).setPath("big").build());
        assertThat(read.next().getEntry().getSize()).isEqualTo(8_000_000);
        long bytes = 0;
        while (read.hasNext()) {
            bytes += read.next().getData().size();
        }
        assertThat(bytes).isEqualTo(8_000_000);
        assertThat(client.kill(id)).isTrue();
    }

    private static CommandLineRun sandbox(String... arguments) {
        return RunningDaemon.runBy(directory, concat(arguments));
    }

    private static String[] concat(String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "sandbox";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return all;
    }
}
