package io.neurovisor.tests.monitoring;

import static io.neurovisor.tests.fixtures.ScriptedOllama.calls;
import static io.neurovisor.tests.fixtures.ScriptedOllama.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.fixtures.ScriptedOllama;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the telemetry of requests with a real OpenTelemetry Collector. */
final class OtlpIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final Metadata.Key<String> TRACE_ID =
            Metadata.Key.of("x-trace-id", Metadata.ASCII_STRING_MARSHALLER);
    private static final String EXECUTE = "neurovisor.execution.ExecutionService/Execute";
    private static final String EXECUTE_STREAM = "neurovisor.execution.ExecutionService/ExecuteStream";
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path directory;

    @Test
    void oneIdLinksResponseLogAndTrace() throws IOException {
        Path config = Files.writeString(directory.resolve("config.yaml"), "warm: 1\n");
        try (RunningCollector collector = RunningCollector.start(directory.resolve("collector"));
                RunningDaemon daemon = RunningDaemon.start(
                        directory, "--config=" + config, "--otlp=" + collector.grpc(), "--log-format=auto")) {
            ExecuteResponse response = execute(daemon, "01941ab3-6d8c-7a2b-b4e1-9c1234567890");
            assertThat(response.getStdout()).isEqualTo("42\n");
            String trace = response.getTraceId().replace("-", "");
            assertThat(trace).isEqualTo("01941ab36d8c7a2bb4e19c1234567890");

            await().atMost(LIMIT).until(() -> has(collector, trace, EXECUTE));
            RunningCollector.Span call = span(collector, trace, EXECUTE);
            assertThat(call.parent()).isEmpty();
            assertThat(span(collector, trace, "acquire").parent()).isEqualTo(call.id());
            assertThat(span(collector, trace, "execute").parent()).isEqualTo(call.id());
            assertThat(span(collector, trace, "guest execute").parent())
                    .isEqualTo(span(collector, trace, "execute").id());

            await().atMost(LIMIT).until(() -> !collector.records(trace).isEmpty());
            assertThat(collector.records(trace)).singleElement().satisfies(entry -> {
                assertThat(entry.at("/body/stringValue").asText()).matches("python in vm-\\S+: COMPLETED, .*");
                assertThat(entry.path("spanId").asText()).isEqualTo(call.id());
            });
            // Its stderr is not a terminal.
            assertThat(daemon.messages()).anySatisfy(line -> {
                JsonNode entry = JSON.readTree(line);
                assertThat(entry.path("trace_id").asText()).isEqualTo(trace);
                assertThat(entry.path("outcome").asText()).isEqualTo("COMPLETED");
                assertThat(entry.path("level").asText()).isEqualTo("INFO");
            });

            theClientsOwnNameIsFound(daemon, collector);
            anAgentsTraceGoesThroughTheDaemon(collector);
            assertThat(collector.everything() + daemon.messages())
                    .as("neither code nor output nor environment")
                    .doesNotContain("6*7", "secret-of-the-environment", "secret-of-the-code");

            withoutItsCollectorItServesAndSaysSo(daemon, collector);
            itsLogFollowsTheSettings(daemon, config);
            daemon.signal("TERM");
            assertThat(daemon.awaitEnd()).isZero();
        }
    }

    private static void theClientsOwnNameIsFound(RunningDaemon daemon, RunningCollector collector) {
        ExecuteResponse response = execute(daemon, "my-trace-123");
        assertThat(response.getTraceId()).isEqualTo("my-trace-123");
        await().atMost(LIMIT).until(() -> collector.everything().contains("\"my-trace-123\""));
    }

    /** Uses HTTP, selected by the standard variable of OpenTelemetry. */
    private void anAgentsTraceGoesThroughTheDaemon(RunningCollector collector) {
        try (ScriptedOllama ollama = new ScriptedOllama(calls("bash:echo secret-of-the-code"), says("done"))) {
            CommandLineRun run = CommandLineRun.of(
                    Map.of(
                            "OLLAMA_HOST",
                            ollama.address(),
                            "NEUROVISOR_DAEMON",
                            "on",
                            "NEUROVISOR_SOCKET",
                            directory.resolve("daemon.sock").toString(),
                            "OTEL_EXPORTER_OTLP_ENDPOINT",
                            collector.http(),
                            "OTEL_EXPORTER_OTLP_PROTOCOL",
                            "http/protobuf"),
                    "agent",
                    "--no-history",
                    "x");
            assertThat(run.exitCode()).as(run.stderr()).isZero();
            String trace = run.stdout()
                    .lines()
                    .filter(line -> line.startsWith("trace_id: "))
                    .findFirst()
                    .orElseThrow()
                    .substring("trace_id: ".length())
                    .replace("-", "");
            // The spans of the command and of the daemon arrive in several batches.
            await().atMost(LIMIT)
                    .until(() -> has(collector, trace, "agent task")
                            && has(collector, trace, "execute")
                            && count(collector, trace, "chat qwen3") == 2
                            && count(collector, trace, EXECUTE_STREAM) == 2);
            RunningCollector.Span task = span(collector, trace, "agent task");
            assertThat(task.parent()).isEmpty();
            List<RunningCollector.Span> asked = collector.spans(trace).stream()
                    .filter(span -> span.name().equals("chat qwen3"))
                    .toList();
            assertThat(asked).hasSize(2).allMatch(span -> span.parent().equals(task.id()));
            assertThat(ollama.traceParents())
                    .containsAll(asked.stream()
                            .map(span -> "00-" + trace + "-" + span.id() + "-01")
                            .toList());
            List<RunningCollector.Span> calls = collector.spans(trace).stream()
                    .filter(span -> span.name().equals(EXECUTE_STREAM))
                    .toList();
            RunningCollector.Span client = calls.stream()
                    .filter(span -> span.parent().equals(task.id()))
                    .findFirst()
                    .orElseThrow();
            RunningCollector.Span server = calls.stream()
                    .filter(span -> !span.id().equals(client.id()))
                    .findFirst()
                    .orElseThrow();
            assertThat(server.parent()).isEqualTo(client.id());
            assertThat(span(collector, trace, "execute").parent()).isEqualTo(server.id());
        }
    }

    private static void withoutItsCollectorItServesAndSaysSo(RunningDaemon daemon, RunningCollector collector) {
        collector.close();
        String warning = ".*" + Pattern.quote(collector.grpc() + " does not accept traces, which are dropped") + ".*";
        await().atMost(LIMIT).until(() -> {
            assertThat(execute(daemon, "a").getStdout()).isEqualTo("42\n");
            return daemon.messages().stream().anyMatch(line -> line.matches(warning));
        });
    }

    private static void itsLogFollowsTheSettings(RunningDaemon daemon, Path config) throws IOException {
        Files.writeString(config, "log-level: warn\n");
        daemon.signal("HUP");
        daemon.awaitMessage(Pattern.compile(".*the log level is now warn, set by .*config\\.yaml:1.*"), LIMIT);
        int before = daemon.messages().size();
        assertThat(execute(daemon, "b").getStdout()).isEqualTo("42\n");
        Files.writeString(config, "log-level: loud\n");
        daemon.signal("HUP");
        daemon.awaitMessage(
                Pattern.compile(".*the settings stay as they are, because the new ones are wrong: .*loud.*"), LIMIT);
        assertThat(daemon.messages().subList(before, daemon.messages().size()))
                .as("of the second call nothing")
                .noneMatch(line -> line.contains("python in vm-"));
    }

    private static ExecuteResponse execute(RunningDaemon daemon, String id) {
        Metadata headers = new Metadata();
        headers.put(TRACE_ID, id);
        return ExecutionServiceGrpc.newBlockingStub(daemon.channel())
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .execute(ExecuteRequest.newBuilder()
                        .setLanguage("python")
                        .setCode("print(6*7)")
                        .putEnv("SECRET", "secret-of-the-environment")
                        .build());
    }

    private static boolean has(RunningCollector collector, String trace, String name) {
        return count(collector, trace, name) > 0;
    }

    private static long count(RunningCollector collector, String trace, String name) {
        return collector.spans(trace).stream()
                .filter(span -> span.name().equals(name))
                .count();
    }

    /** Returns the only span of this name. */
    private static RunningCollector.Span span(RunningCollector collector, String trace, String name) {
        List<RunningCollector.Span> named = collector.spans(trace).stream()
                .filter(span -> span.name().equals(name))
                .toList();
        assertThat(named).as(name).hasSize(1);
        return named.getFirst();
    }
}
