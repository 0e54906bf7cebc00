package io.neurovisor.tests.monitoring;

import static io.neurovisor.tests.fixtures.ScriptedOllama.calls;
import static io.neurovisor.tests.fixtures.ScriptedOllama.says;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.ListeningProgram;
import io.neurovisor.tests.fixtures.RealClient;
import io.neurovisor.tests.fixtures.ScriptedOllama;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tests the metrics that ended commands push to Debian's Pushgateway. */
final class PushgatewayIT {
    @Test
    void pushesTheCountersOfACommand() throws Exception {
        try (ListeningProgram gateway = ListeningProgram.start(
                RealClient.monitor("pushgateway").command(ListeningProgram.ANY_PORT, "--persistence.file="))) {
            String option = "--pushgateway=http://" + gateway.address();
            CommandLineRun run = CommandLineRun.of("run", option, "-l", "bash", "-c", "echo 42; exit 3");
            assertThat(run.exitCode()).as(run.stderr()).isEqualTo(3);
            assertThat(run.stdout()).isEqualTo("42\n");
            assertThat(pushed(gateway))
                    .anyMatch(line -> line.startsWith("neurovisor_code_executions_total{")
                            && line.contains("job=\"neurovisor_run\"")
                            && line.contains("language=\"bash\",status=\"completed\"")
                            && line.endsWith(" 1"))
                    .anyMatch(line -> line.startsWith("neurovisor_vm_acquire_seconds_count{") && line.endsWith(" 1"));

            CommandLineRun failed = CommandLineRun.of("run", option, "--image=missing", "-l", "bash", "-c", "1");
            assertThat(failed.exitCode()).as(failed.stderr()).isEqualTo(2);
            assertThat(pushed(gateway))
                    .anyMatch(line -> line.startsWith("neurovisor_errors_total{error_type=\"image_unknown\"")
                            && line.contains("job=\"neurovisor_run\""))
                    .noneMatch(line -> line.startsWith("neurovisor_code_executions_total{") && !line.endsWith(" 0"));

            CommandLineRun agent =
                    CommandLineRun.of(Map.of("OLLAMA_HOST", "127.0.0.1:1"), "agent", option, "What is 1 + 1?");
            assertThat(agent.exitCode()).isEqualTo(4);
            assertThat(pushed(gateway))
                    .anyMatch(line -> line.startsWith("neurovisor_errors_total{error_type=\"model_unreachable\"")
                            && line.contains("job=\"neurovisor_agent\""));
        }
    }

    @Test
    void pushesTheCountersOfAnAgent() throws Exception {
        try (ListeningProgram gateway = ListeningProgram.start(
                        RealClient.monitor("pushgateway").command(ListeningProgram.ANY_PORT, "--persistence.file="));
                ScriptedOllama ollama = new ScriptedOllama(calls("bash:echo $((1 + 1))"), says("It is 2."))) {
            CommandLineRun agent = CommandLineRun.of(
                    Map.of("OLLAMA_HOST", ollama.address()),
                    "agent",
                    "--pushgateway=http://" + gateway.address(),
                    "--warm=1",
                    "--no-history",
                    "What is 1 + 1?");
            assertThat(agent.exitCode()).as(agent.stderr()).isZero();
            assertThat(pushed(gateway).stream()
                            .filter(line -> line.contains("job=\"neurovisor_agent\""))
                            .toList())
                    .anyMatch(line -> line.startsWith("neurovisor_agent_tasks_total{")
                            && line.contains("status=\"success\"")
                            && line.endsWith(" 1"))
                    .anyMatch(line -> line.startsWith("neurovisor_agent_iterations_sum{") && line.endsWith(" 2"))
                    .anyMatch(line -> line.startsWith("neurovisor_agent_tool_calls_total{")
                            && line.contains("tool=\"execute_code\"")
                            && line.endsWith(" 1"))
                    .anyMatch(line -> line.startsWith("neurovisor_tokens_generated_total{")
                            && line.contains("model=\"qwen3\"")
                            && line.endsWith(" 20"))
                    .anyMatch(line -> line.startsWith("neurovisor_code_executions_total{")
                            && line.contains("language=\"bash\",status=\"completed\"")
                            && line.endsWith(" 1"))
                    .noneMatch(line -> line.startsWith("neurovisor_errors_total{") && !line.endsWith(" 0"));
        }
    }

    private static List<String> pushed(ListeningProgram gateway) throws IOException, InterruptedException {
        URI metrics = URI.create("http://" + gateway.address() + "/metrics");
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(HttpRequest.newBuilder(metrics).build(), HttpResponse.BodyHandlers.ofString())
                    .body()
                    .lines()
                    .toList();
        }
    }
}
