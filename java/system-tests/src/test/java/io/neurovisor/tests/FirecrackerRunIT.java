package io.neurovisor.tests;

import static io.neurovisor.tests.TestMachines.dataDirectory;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run on Firecracker, as a user starts it. */
final class FirecrackerRunIT {
    private static final Duration LIMIT = Duration.ofMinutes(8);
    private static final Pattern MEMORY =
            Pattern.compile("neurovisor_cgroup_memory_usage_bytes\\{vm_id=\"(.+)\"} [1-9]\\.\\d+E[789]");
    private static final Pattern THROTTLED =
            Pattern.compile("neurovisor_cgroup_cpu_throttled_total\\{vm_id=\"(.+)\"} [\\d.]+");

    @BeforeAll
    static void skipWithoutFirecracker(@TempDir Path runtime) {
        FirecrackerMachines.startOrSkip(runtime).close();
    }

    @Test
    void printsItsResultTheVmmAndTheLayersThatAreLive() throws JsonProcessingException {
        CommandLineRun run =
                CommandLineRun.of("run", "--vmm", "firecracker", "--json", "--language", "python", "-c", "print(6*7)");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        JsonNode report = new ObjectMapper().readTree(run.stdout());
        assertThat(report.at("/stdout").asText()).isEqualTo("42\n");
        assertThat(report.at("/vmm").asText()).isEqualTo("firecracker");
        List<Integer> live = StreamSupport.stream(report.at("/layers").spliterator(), false)
                .filter(layer -> layer.at("/status").asText().equals("live"))
                .map(layer -> layer.at("/layer").asInt())
                .toList();
        assertThat(live).as(run.stdout()).contains(1, 2, 3, 6);
    }

    @Test
    void theDaemonTellsWhatEachMachineUsesForAsLongAsItLives(@TempDir Path directory) throws Exception {
        try (RunningDaemon daemon = RunningDaemon.start(
                directory, "--vmm=firecracker", "--warm=1", "--max=2", "--data-dir=" + dataDirectory())) {
            // A lab that stands still for long hangs up on who is asking: who asks until something is so asks again.
            await().atMost(LIMIT)
                    .ignoreExceptionsInstanceOf(IOException.class)
                    .until(() -> daemon.status("/ready").equals("200 ready"));
            Set<String> first = machines(daemon, MEMORY);
            assertThat(first).hasSize(1);
            assertThat(machines(daemon, THROTTLED)).isEqualTo(first);
            ExecuteResponse answer = ExecutionServiceGrpc.newBlockingStub(daemon.channel())
                    .execute(ExecuteRequest.newBuilder()
                            .setLanguage("python")
                            .setCode("print(6*7)")
                            .build());
            assertThat(answer.getStdout()).isEqualTo("42\n");
            await().atMost(LIMIT)
                    .ignoreExceptionsInstanceOf(IOException.class)
                    .untilAsserted(() ->
                            assertThat(machines(daemon, MEMORY)).hasSize(1).doesNotContainAnyElementsOf(first));
        }
    }

    /** The ids of those of which there is a sample of more than a mebibyte, or any of a counter. */
    private static Set<String> machines(RunningDaemon daemon, Pattern series) throws Exception {
        return daemon.metrics().stream()
                .map(series::matcher)
                .filter(Matcher::matches)
                .map(matcher -> matcher.group(1))
                .collect(Collectors.toSet());
    }
}
