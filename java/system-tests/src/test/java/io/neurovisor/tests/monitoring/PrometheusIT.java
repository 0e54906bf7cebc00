package io.neurovisor.tests.monitoring;

import static io.neurovisor.tests.fixtures.ScriptedOllama.calls;
import static io.neurovisor.tests.fixtures.ScriptedOllama.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.ListeningProgram;
import io.neurovisor.tests.fixtures.RealClient;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.fixtures.ScriptedOllama;
import io.neurovisor.tests.monitoring.MonitoringFiles.Query;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the configuration, rules and panels of the product with Debian's Prometheus and daemons with real machines. */
final class PrometheusIT {
    /** Metrics that need control groups of version 2 or eBPF LSM; WatchedDaemonIT covers them. */
    static final Set<String> OF_THE_LAB = Set.of(
            "neurovisor_cgroup_memory_usage_bytes",
            "neurovisor_cgroup_cpu_throttled_total",
            "neurovisor_ebpf_lsm_blocked_total",
            "neurovisor_ebpf_syscall_total",
            "neurovisor_ebpf_process_exec_total",
            "neurovisor_ebpf_tracked_pids");

    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int ROUNDS = 2;

    @TempDir
    private Path directory;

    @Test
    void everyPanelHasData() throws Exception {
        Path cold = Files.createDirectory(directory.resolve("cold"));
        ObjectNode program = calls("python:print(1 + 1)");
        try (ScriptedOllama ollama = new ScriptedOllama(
                        program, says("It is 2."), says("Hello."), program, says("It is 2."), says("Hello."));
                RunningDaemon daemon = RunningDaemon.start(
                        directory,
                        Map.of("OLLAMA_HOST", ollama.address()),
                        "--warm=1",
                        "--max=2",
                        "--http-port=0",
                        "--rate-limit=off");
                RunningDaemon coldDaemon =
                        RunningDaemon.start(cold, "--warm=0", "--max=1", "--snapshot=off", "--rate-limit=5:1");
                ListeningProgram pushgateway = ListeningProgram.start(
                        RealClient.monitor("pushgateway").command(ListeningProgram.ANY_PORT, "--persistence.file="));
                RunningPrometheus prometheus = RunningPrometheus.start(
                        directory, List.of(address(daemon), address(coldDaemon)), pushgateway.address())) {
            runOnce(pushgateway);
            List<String> traces = roundsThatAreSeen(prometheus, new WatchedTraffic(daemon, coldDaemon));

            List<Query> queries = queries(address(daemon) + "|" + address(coldDaemon));
            await().atMost(LIMIT)
                    .pollInterval(Duration.ofSeconds(1))
                    .untilAsserted(() -> assertThat(queries)
                            .filteredOn(query -> !prometheus.hasNumber(query.expression()))
                            .as("without data")
                            .isEmpty());
            assertThat(prometheus.rules())
                    .hasSizeGreaterThan(20)
                    .allSatisfy(rule -> assertThat(rule.path("health").asText())
                            .as(rule.toString())
                            .isEqualTo("ok"));
            // An exemplar stays for some seconds even if a newer one arrives.
            assertThat(prometheus.exemplars("neurovisor_code_executions_total", "trace_id"))
                    .containsAnyElementsOf(traces);
            assertThat(prometheus.exemplars("neurovisor_grpc_request_duration_seconds", "trace_id"))
                    .isNotEmpty();
            assertThat(prometheus.query("count ({trace_id!=\"\"})")).isEmpty();
            promtoolFindsNothingWrong(daemon);
        }
    }

    /** Makes traffic between scrapes, because a rate needs a series that grows between two samples. */
    private static List<String> roundsThatAreSeen(RunningPrometheus prometheus, WatchedTraffic traffic) {
        List<String> traces = new ArrayList<>();
        for (int round = 1; round <= ROUNDS; round++) {
            traces.add(traffic.round().replace("-", ""));
            double executions = round * WatchedTraffic.EXECUTIONS;
            await().atMost(LIMIT)
                    .until(() -> prometheus.number("sum (neurovisor_code_executions_total{job=\"neurovisor\"})")
                            == executions);
        }
        return traces;
    }

    private static List<Query> queries(String daemons) {
        List<Query> queries = new ArrayList<>();
        for (Query query : MonitoringFiles.panelQueries()) {
            if (OF_THE_LAB.stream().noneMatch(query.expression()::contains)) {
                queries.add(new Query(query.where(), substituted(query.expression(), daemons)));
            }
        }
        for (JsonNode rule : MonitoringFiles.records()) {
            queries.add(new Query("record", rule.path("expr").asText()));
        }
        for (JsonNode rule : MonitoringFiles.alerts()) {
            // An alert fires if its expression has data; the compared series must always have data.
            queries.add(new Query("alert", rule.path("expr").asText().replaceFirst(" > [0-9.]+$", "")));
        }
        return queries;
    }

    /** Substitutes variables as Grafana does for all daemons. */
    static String substituted(String expression, String daemons) {
        return expression
                .replace("$instance", daemons)
                .replace("$__rate_interval", "5m")
                .replace("$__range", "30m");
    }

    private static void runOnce(ListeningProgram pushgateway) {
        CommandLineRun run = CommandLineRun.of(
                "run", "--pushgateway", "http://" + pushgateway.address(), "-l", "python", "-c", "print(6*7)");
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("42\n");
    }

    private void promtoolFindsNothingWrong(RunningDaemon daemon) throws IOException, InterruptedException {
        Path metrics = directory.resolve("metrics.txt");
        String address = "http://" + address(daemon) + "/metrics";
        try (HttpClient client = HttpClient.newHttpClient()) {
            Files.writeString(
                    metrics,
                    client.send(
                                    HttpRequest.newBuilder(URI.create(address)).build(),
                                    HttpResponse.BodyHandlers.ofString())
                            .body());
        }
        List<String> promtool = RealClient.monitor("promtool").command("check", "metrics");
        Process process = new ProcessBuilder(promtool)
                .redirectErrorStream(true)
                .redirectInput(metrics.toFile())
                .start();
        assertThat(process.inputReader().lines().toList()).isEmpty();
        assertThat(process.waitFor()).isZero();
    }

    private static String address(RunningDaemon daemon) {
        return "127.0.0.1:" + daemon.statusPort();
    }
}
