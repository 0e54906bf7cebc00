package io.neurovisor.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Agent mode with a real model at a real server, in real microVMs. What so small a model answers is its own affair: that it is
 * asked, calls, is executed and reads the result is ours.
 */
@Timeout(value = 240, unit = TimeUnit.SECONDS)
final class AgentModelIT {
    @TempDir
    private Path directory;

    @Test
    void aRealModelsProgramRunsInAMicroVm() throws IOException {
        String fetched = System.getenv("NEUROVISOR_TEST_LLM");
        assumeTrue(fetched != null, "not asked for: ./neurovisor test --llm");
        try (LlamaServer server = LlamaServer.start(Path.of(fetched), directory.resolve("server.log"))) {
            CommandLineRun run = CommandLineRun.of(
                    "agent",
                    "--no-history",
                    "--json",
                    "--size=small",
                    "--warm=1",
                    "--max-iterations=3",
                    "--base-url",
                    server.address(),
                    "Use Python to print the sum of 17 and 25");
            List<JsonNode> events = events(run.stdout());
            assertThat(run.exitCode()).as(run.stdout() + run.stderr()).isIn(0, 3);
            assertThat(named(events, "execution")).isNotEmpty();
            JsonNode execution = named(events, "execution").getFirst();
            assertThat(execution.path("outcome").asText()).isEqualTo("COMPLETED");
            JsonNode result = named(events, "result").getFirst();
            assertThat(result.path("prompt_tokens").asInt()).isPositive();
            assertThat(result.path("reply_tokens").asInt()).isPositive();
            assertThat(result.path("answer").asText()).isNotBlank();
        }
    }

    @Test
    void aRealModelsWordsArriveAsItWritesThem() {
        String fetched = System.getenv("NEUROVISOR_TEST_LLM");
        assumeTrue(fetched != null, "not asked for: ./neurovisor test --llm");
        try (LlamaServer server = LlamaServer.start(Path.of(fetched), directory.resolve("server.log"))) {
            CommandLineRun run = CommandLineRun.of("example", "streaming_latency", "--base-url", server.address());
            assertThat(run.exitCode()).as(run.stdout() + run.stderr()).isZero();
            assertThat(run.stdout()).contains("time to first token", "tokens/s", "fits into the", "the promise held");
        }
    }

    private static List<JsonNode> events(String output) throws IOException {
        ObjectMapper json = new ObjectMapper();
        List<JsonNode> events = new ArrayList<>();
        for (String line : output.lines().toList()) {
            events.add(json.readTree(line));
        }
        return events;
    }

    private static List<JsonNode> named(List<JsonNode> events, String name) {
        return events.stream()
                .filter(event -> event.path("event").asText().equals(name))
                .toList();
    }
}
