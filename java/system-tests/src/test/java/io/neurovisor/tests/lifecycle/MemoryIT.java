package io.neurovisor.tests.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.proto.execution.ExecutionServiceGrpc.ExecutionServiceBlockingStub;
import io.neurovisor.proto.execution.Outcome;
import io.neurovisor.testkit.GrowingTimeout;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.runner.Alone;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A daemon in a control group with less memory than its {@code --max} machines could take. */
@Alone
final class MemoryIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    /** Enough for the daemon with its smallest heap and two emulated machines of size small, or four of Firecracker. */
    private static final long LIMIT_BYTES = 2200L << 20;

    private static final int REQUESTS = 8;

    /** Uses most of the memory of a small machine. */
    private static final String GREEDY =
            "import time; taken = bytearray(150 << 20); time.sleep(1); print(len(taken) >> 20)";

    private static final Pattern WARNING = Pattern.compile(
            ".*--max 10 is more than the memory holds, (\\d+) at a time: a machine of size small can take"
                    + " \\d+ MiB, and \\d+ MiB are available; .* at most 10 machines, of 1 vCPUs each, run on \\d+ processors");

    private static final Pattern PEAK = Pattern.compile("\"peak\":(\\d+)");

    @TempDir
    private Path directory;

    @Test
    void requestBeyondTheMemoryWaits() throws Exception {
        try (LimitedGroup group = LimitedGroup.make(LIMIT_BYTES);
                RunningDaemon daemon = RunningDaemon.start(
                        directory,
                        environment(group),
                        "--warm=0",
                        "--max=10",
                        "--size=small",
                        "--acquire-timeout=" + LIMIT.toSeconds() + "s")) {
            int room = Integer.parseInt(daemon.awaitMessage(WARNING, LIMIT).group(1));
            assertThat(room).isBetween(1, 5);
            assertThat(daemon.status("/status.json")).contains("\"room\":" + room);
            ExecutionServiceBlockingStub client = ExecutionServiceGrpc.newBlockingStub(daemon.channel());

            group.hold(LIMIT_BYTES / 4);
            assertThatThrownBy(() -> client.execute(program("print(1)").build()))
                    .satisfies(failure -> isExhausted(failure, "(image base, size small) fits into the memory"));
            group.hold(LIMIT_BYTES);

            assertOneTooManyIsRejected(daemon, room);
            List<CompletableFuture<ExecuteResponse>> answers = IntStream.range(0, REQUESTS)
                    .mapToObj(_ -> CompletableFuture.supplyAsync(
                            () -> client.execute(program(GREEDY).build()),
                            command -> Thread.ofPlatform().start(command)))
                    .toList();
            assertThat(answers).allSatisfy(answer -> {
                ExecuteResponse response = answer.join();
                assertThat(response.getOutcome()).isEqualTo(Outcome.COMPLETED);
                assertThat(response.getStdout()).isEqualTo("150\n");
            });
            assertThat(PEAK.matcher(daemon.status("/status.json")).results().map(peak -> peak.group(1)))
                    .containsExactly(Integer.toString(room));
            assertThat(group.killed()).isZero();
            daemon.signal("TERM");
            assertThat(daemon.awaitEnd()).isZero();
        }
    }

    private Map<String, String> environment(LimitedGroup group) throws IOException {
        Map<String, String> environment = new HashMap<>(group.entering(directory));
        environment.put("NEUROVISOR_JAVA_OPTS", "-Xmx256m");
        return environment;
    }

    /** Checks the refusal while the memory is full. A client whose deadline passes before the response retries. */
    private static void assertOneTooManyIsRejected(RunningDaemon daemon, int room) {
        List<ListenableFuture<ExecuteResponse>> running = Stream.generate(
                        () -> ExecutionServiceGrpc.newFutureStub(daemon.channel())
                                .execute(program("import time; time.sleep(10000)")
                                        .setTimeoutSecs(3600)
                                        .build()))
                .limit(room)
                .toList();
        await().atMost(LIMIT).until(() -> daemon.vmms().size() == room);
        StatusRuntimeException refusal = GrowingTimeout.from(
                Duration.ofSeconds(1),
                deadline -> catchThrowableOfType(
                        StatusRuntimeException.class,
                        () -> ExecutionServiceGrpc.newBlockingStub(daemon.channel())
                                .withDeadlineAfter(deadline)
                                .execute(program("print(1)").build())),
                failure -> failure.getStatus().getCode() != Status.Code.DEADLINE_EXCEEDED);
        isExhausted(refusal, "memory is short, a machine of size small can take ");
        running.forEach(execution -> execution.cancel(true));
    }

    private static void isExhausted(Throwable failure, String words) {
        Status status = ((StatusRuntimeException) failure).getStatus();
        assertThat(status.getCode()).as(status.toString()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(status.getDescription()).contains(words, "choose a smaller --size, or end other processes");
    }

    private static ExecuteRequest.Builder program(String code) {
        return ExecuteRequest.newBuilder().setLanguage("python").setCode(code).setTimeoutSecs(600);
    }
}
