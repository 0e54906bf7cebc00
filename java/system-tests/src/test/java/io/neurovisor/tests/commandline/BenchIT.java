package io.neurovisor.tests.commandline;

import static io.neurovisor.tests.fixtures.ScriptedOllama.calls;
import static io.neurovisor.tests.fixtures.ScriptedOllama.says;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.ScriptedOllama;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tests the benchmark of models with a scripted model. */
final class BenchIT {
    @ShortTier
    @Test
    void checksTheAnswersOfAModel() throws IOException {
        try (ScriptedOllama ollama = new ScriptedOllama(
                calls("python:print(2 ** 100)"),
                says("It is 1267650600228229401496703205376."),
                calls("bash:printf %x 48879"),
                says("It is dead."))) {
            CommandLineRun run = CommandLineRun.of(
                    Map.of("OLLAMA_HOST", ollama.address()),
                    "bench",
                    "agent",
                    "--json",
                    "--size=small",
                    "--problem=power",
                    "--problem=hexadecimal");
            assertThat(run.exitCode()).as(run.stderr()).isZero();
            JsonNode report = new ObjectMapper().readTree(run.stdout());
            assertThat(report.path("solved").asInt()).isEqualTo(1);
            assertThat(report.path("success_rate").asDouble()).isEqualTo(0.5);
            assertThat(report.path("prompt_tokens").asInt()).isEqualTo(400);
            assertThat(report.path("attempts").findValuesAsText("solved")).containsExactly("true", "false");
            assertThat(ollama.requests().get(1)).contains("1267650600228229401496703205376");
            assertThat(run.stderr()).contains("power             solved", "hexadecimal       wrong");
        }
    }

    @Test
    void missingMachineHasASeparateExitCode() throws IOException {
        try (ScriptedOllama ollama = new ScriptedOllama(says("It is 42."))) {
            CommandLineRun run = CommandLineRun.of(
                    Map.of("OLLAMA_HOST", ollama.address()),
                    "bench",
                    "agent",
                    "--vmm=firecracker",
                    "--firecracker=/no/such/firecracker");
            assertThat(run.exitCode()).as(run.stderr()).isEqualTo(5);
            assertThat(run.stderr()).contains("/no/such/firecracker is not a program");
        }
    }

    @Test
    void rejectsUnknownModelsBeforeTheRun() {
        CommandLineRun gone = CommandLineRun.of(Map.of("OLLAMA_HOST", "127.0.0.1:1"), "bench", "agent");
        assertThat(gone.exitCode()).isEqualTo(4);
        assertThat(gone.stderr())
                .contains("start Ollama"
                        + " (https://ollama.com/download) with: ollama serve, or name any"
                        + " OpenAI-compatible server with --base-url");
        CommandLineRun unknown = CommandLineRun.of("bench", "agent", "--problem=magic");
        assertThat(unknown.exitCode()).isEqualTo(2);
        assertThat(unknown.stderr()).contains("--problem \"magic\" is not known; known are multiples, primes");
    }
}
