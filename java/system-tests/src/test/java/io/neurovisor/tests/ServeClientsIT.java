package io.neurovisor.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The daemon, with real machines, as clients of other makers find it. */
final class ServeClientsIT {
    private static final String EXECUTE = "neurovisor.execution.ExecutionService/Execute";
    private static final String PROGRAM = "{\"language\":\"python\",\"code\":\"print(6*7)\"}";

    private static final int ROUND = 200;

    @TempDir
    private Path directory;

    @Test
    void grpcurlFindsCallsAndDescribesIt() throws IOException {
        RealClient grpcurl = RealClient.named("grpcurl");
        try (RunningDaemon daemon = RunningDaemon.start(directory, "--warm=0", "--channelz")) {
            String address = "localhost:" + daemon.port();
            PlainMachine.Run execute = grpcurl.run("-plaintext", "-d", PROGRAM, address, EXECUTE);
            assertThat(execute.exitCode()).as(execute.stderr()).isZero();
            assertThat(new ObjectMapper()
                            .readTree(execute.stdout())
                            .path("stdout")
                            .asText())
                    .isEqualTo("42\n");

            assertThat(grpcurl.run("-plaintext", address, "list").stdout().lines())
                    .contains(
                            "grpc.channelz.v1.Channelz",
                            "grpc.health.v1.Health",
                            "inference.InferenceService",
                            "neurovisor.agent.AgentService",
                            "neurovisor.execution.ExecutionService",
                            "neurovisor.inference.InferenceService");
            assertThat(grpcurl.run("-plaintext", address, "describe", "neurovisor.execution.ExecuteRequest")
                            .stdout())
                    .contains("string language = 1;", "string idempotency_key = 9;");
        }
    }

    /** 200 calls by 20 at a time, of which there may be ten machines; more of them by {@code neurovisor.calls}. */
    @Test
    void manyAtOnceAreServedAndWhoAsksTooOftenIsToldSo() throws IOException {
        RealClient ghz = RealClient.named("ghz");
        try (RunningDaemon daemon =
                RunningDaemon.start(directory, "--max=10", "--rate-limit=off", "--acquire-timeout=2m")) {
            for (int left = Integer.getInteger("neurovisor.calls", ROUND); left > 0; left -= ROUND) {
                assertThat(statuses(ghz, daemon, ROUND)).isEqualTo(Map.of("OK", ROUND));
            }
        }
        try (RunningDaemon daemon =
                RunningDaemon.start(directory, "--max=10", "--rate-limit=5:1", "--acquire-timeout=2m")) {
            Map<String, Integer> statuses = statuses(ghz, daemon, 60);
            assertThat(statuses).containsOnlyKeys("OK", "ResourceExhausted");
            assertThat(statuses.get("OK")).isGreaterThanOrEqualTo(5);
        }
    }

    private static Map<String, Integer> statuses(RealClient ghz, RunningDaemon daemon, int calls) throws IOException {
        PlainMachine.Run run = ghz.run(
                "--insecure",
                "--call",
                EXECUTE,
                "--data",
                PROGRAM,
                "--total",
                Integer.toString(calls),
                "--concurrency",
                "20",
                "--timeout",
                "120s",
                "--format",
                "json",
                "127.0.0.1:" + daemon.port());
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        JsonNode report = new ObjectMapper().readTree(run.stdout());
        Map<String, Integer> statuses = new HashMap<>();
        report.path("statusCodeDistribution").forEachEntry((code, count) -> statuses.put(code, count.asInt()));
        return statuses;
    }
}
