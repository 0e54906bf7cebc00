package io.neurovisor.tests.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.tests.fixtures.RunningDaemon;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Measures the memory of a daemon after a burst of large requests, which are rejected before they need a machine. */
final class IdleMemoryIT {
    private static final int ROUNDS = 4;
    private static final int CALLS = 6;
    private static final ByteString INPUT = ByteString.copyFrom(new byte[40 << 20]);
    private static final Duration REST = Duration.ofSeconds(60);

    @TempDir
    private Path directory;

    @Test
    void returnsTheMemoryOfABurst() throws Exception {
        try (RunningDaemon daemon = RunningDaemon.start(directory, "--warm=0", "--max=1", "--size=small")) {
            burst(daemon, 1, 1);
            long before = resident(daemon);
            burst(daemon, ROUNDS, CALLS);
            long after = resident(daemon);
            assertThat(after).as("MiB after a burst, from %d", before).isGreaterThan(before + 150);
            await().atMost(REST)
                    .untilAsserted(() -> assertThat(resident(daemon))
                            .as("MiB after a rest, from %d and %d", before, after)
                            .isLessThan(before + 64));
        }
    }

    private static void burst(RunningDaemon daemon, int rounds, int calls) throws InterruptedException {
        ExecuteRequest request = ExecuteRequest.newBuilder()
                .setLanguage("unknown")
                .setCode("x")
                .setStdin(INPUT)
                .build();
        for (int round = 0; round < rounds; round++) {
            List<ListenableFuture<ExecuteResponse>> answers = new ArrayList<>();
            for (int call = 0; call < calls; call++) {
                answers.add(ExecutionServiceGrpc.newFutureStub(daemon.channel()).execute(request));
            }
            for (ListenableFuture<ExecuteResponse> answer : answers) {
                try {
                    ExecuteResponse _ = answer.get();
                    throw new AssertionError("it must be rejected");
                } catch (ExecutionException rejected) {
                    assertThat(rejected)
                            .hasMessageContaining("INVALID_ARGUMENT")
                            .hasMessageContaining("unknown");
                }
            }
        }
    }

    private static long resident(RunningDaemon daemon) throws IOException {
        Path status = Path.of("/proc", Long.toString(daemon.process().pid()), "status");
        return Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith("RssAnon:"))
                        .map(line -> line.replaceAll("\\D", ""))
                        .mapToLong(Long::parseLong)
                        .sum()
                >> 10;
    }
}
