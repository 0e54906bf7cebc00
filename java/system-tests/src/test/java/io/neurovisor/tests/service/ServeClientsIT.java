package io.neurovisor.tests.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.HostCommand;
import io.neurovisor.tests.fixtures.RealClient;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.fixtures.ScriptedOllama;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the daemon with real machines and third-party clients. */
final class ServeClientsIT {
    private static final String EXECUTE = "neurovisor.execution.ExecutionService/Execute";
    private static final String PROGRAM = "{\"language\":\"python\",\"code\":\"print(6*7)\"}";

    private static final int ROUND = 200;
    private static final int MINUTES = Integer.getInteger("neurovisor.test.minutes", 0);

    @TempDir
    private static Path directory;

    private static ScriptedOllama ollama;
    private static RunningDaemon daemon;

    @BeforeAll
    static void start() {
        RealClient _ = RealClient.named("grpcurl");
        ollama = new ScriptedOllama(ScriptedOllama.says("168"));
        daemon = RunningDaemon.start(
                directory,
                Map.of("OLLAMA_HOST", ollama.address()),
                "--max=10",
                "--rate-limit=off",
                "--acquire-timeout=2m",
                "--channelz");
    }

    @AfterAll
    static void end() {
        if (daemon != null) {
            daemon.close();
            ollama.close();
        }
    }

    @Test
    void commandsOfTheReadmePrintWhatItShows() throws Exception {
        RealClient grpcurl = RealClient.named("grpcurl");
        String address = "localhost:" + daemon.port();
        HostCommand.Result infer = grpcurl.run(asPrinted("inference.InferenceService/Infer", address));
        assertThat(infer.exitCode()).as(infer.stderr()).isZero();
        JsonNode answer = new ObjectMapper().readTree(infer.stdout());
        assertThat(answer.path("response").asText()).isEqualTo("168");
        assertThat(answer.path("trace_id").asText(answer.path("traceId").asText()))
                .isEqualTo("my-trace-123");
        assertThat(ollama.requests().getLast()).contains("llama3.2", "Hello");

        HostCommand.Result agent = grpcurl.run(asPrinted("neurovisor.agent.AgentService/RunAgent", address));
        assertThat(agent.exitCode()).as(agent.stderr()).isZero();
        assertThat(agent.stdout()).containsSubsequence("\"started\"", "AGENT_OUTCOME_ANSWERED", "\"168\"");
        assertThat(ollama.requests().getLast()).contains("Count the primes below 1000");

        Process stream = new ProcessBuilder(
                        grpcurl.command(asPrinted("neurovisor.execution.ExecutionService/ExecuteStream", address)))
                .start();
        // The program pauses for a second between its lines, so that each line is a message.
        assertThat(stream.inputReader().lines().filter(line -> line.contains("stdout")))
                .hasSize(3);
        assertThat(stream.waitFor()).isZero();
    }

    /** Returns the arguments of the documented grpcurl command for this method, with the address of the test. */
    private static String[] asPrinted(String method, String address) throws IOException {
        Matcher printed = Pattern.compile(
                        "(?m)^\\$ grpcurl (.*) \\\\\\n +localhost:50051 " + Pattern.quote(method) + "$")
                .matcher(Files.readString(CommandLineRun.home().resolve("docs/service.md")));
        assertThat(printed.find())
                .as("grpcurl " + method + " in docs/service.md")
                .isTrue();
        List<String> arguments = new ArrayList<>();
        // As in a shell, text in single quotes is one argument.
        Matcher words = Pattern.compile("'([^']*)'|(\\S+)").matcher(printed.group(1));
        while (words.find()) {
            arguments.add(words.group(1) == null ? words.group(2) : words.group(1));
        }
        arguments.addAll(List.of(address, method));
        return arguments.toArray(String[]::new);
    }

    @Test
    void grpcurlDescribesTheService() throws IOException {
        RealClient grpcurl = RealClient.named("grpcurl");
        String address = "localhost:" + daemon.port();
        HostCommand.Result execute = grpcurl.run("-plaintext", "-d", PROGRAM, address, EXECUTE);
        assertThat(execute.exitCode()).as(execute.stderr()).isZero();
        assertThat(new ObjectMapper().readTree(execute.stdout()).path("stdout").asText())
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

    /** Makes 200 calls, 20 at a time, with at most ten machines; repeats for {@code neurovisor.test.minutes} minutes. */
    @Test
    void servesManyConcurrentRuns() throws IOException {
        RealClient ghz = RealClient.named("ghz");
        long begun = System.nanoTime();
        do {
            assertThat(statuses(ghz, daemon, ROUND)).isEqualTo(Map.of("OK", ROUND));
        } while (System.nanoTime() - begun < TimeUnit.MINUTES.toNanos(MINUTES));
    }

    @Test
    void reportsTheRateLimit(@TempDir Path own) throws IOException {
        RealClient ghz = RealClient.named("ghz");
        try (RunningDaemon limited = RunningDaemon.start(own, "--max=10", "--rate-limit=5:1", "--acquire-timeout=2m")) {
            Map<String, Integer> statuses = statuses(ghz, limited, 60);
            assertThat(statuses).containsOnlyKeys("OK", "ResourceExhausted");
            assertThat(statuses.get("OK")).isGreaterThanOrEqualTo(5);
        }
    }

    private static Map<String, Integer> statuses(RealClient ghz, RunningDaemon asked, int calls) throws IOException {
        HostCommand.Result run = ghz.run(
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
                "127.0.0.1:" + asked.port());
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        JsonNode report = new ObjectMapper().readTree(run.stdout());
        Map<String, Integer> statuses = new HashMap<>();
        report.path("statusCodeDistribution").forEachEntry((code, count) -> statuses.put(code, count.asInt()));
        return statuses;
    }
}
