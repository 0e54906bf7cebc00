package io.neurovisor.tests.commandline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.tests.fixtures.CommandLineRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests a scenario of {@code bench} in its short form. */
final class SpeedIT {
    @Test
    void clonesAreMeasuredBesideTheBareVmm(@TempDir Path directory) throws IOException {
        Path values = directory.resolve("new/values.json");
        CommandLineRun run = CommandLineRun.of("bench", "--quick", "--only=clone", "--output=" + values);
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(run.stdout())
                .contains(" processors, ", "fresh clone", "clone to its answer, beside the bare VMM", "at most 1.30 x")
                .doesNotContain("not measured");
        JsonNode json = new ObjectMapper().readTree(Files.readString(values));
        assertThat(json.path("series")).hasSize(4).allSatisfy(series -> {
            assertThat(series.path("values")).hasSize(6);
            assertThat(series.path("failed").asInt()).isZero();
            assertThat(series.path("p50").asDouble()).isPositive();
        });
    }

    @Test
    void waitsForTheAuditLogAreMeasured(@TempDir Path directory) throws IOException {
        Path values = directory.resolve("values.json");
        CommandLineRun run = CommandLineRun.of("bench", "--quick", "--only=audit", "--output=" + values);
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        JsonNode json = new ObjectMapper().readTree(Files.readString(values));
        assertThat(json.path("series").findValuesAsText("scenario"))
                .containsExactly("audit line, 1 client", "audit line, 10 clients", "audit line, 50 clients");
    }

    @Test
    void sandboxesAreMeasuredBesideTheBareVmm(@TempDir Path directory) throws IOException {
        Path values = directory.resolve("values.json");
        CommandLineRun run = CommandLineRun.of("bench", "--quick", "--only=sandbox", "--output=" + values);
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(run.stdout())
                .contains("idle sandbox, above a waiting machine", "true in a sandbox, beside bare gRPC")
                .doesNotContain("not measured");
        JsonNode json = new ObjectMapper().readTree(Files.readString(values));
        assertThat(json.path("targets")).hasSize(8);
        assertThat(json.path("series")).hasSize(17).allSatisfy(series -> {
            assertThat(series.path("failed").asInt()).as(series.toString()).isZero();
            assertThat(series.path("p50").asDouble()).isPositive();
        });
    }

    @Test
    void theSpansOfARequestAreKept(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("new/spans.json");
        CommandLineRun run = CommandLineRun.of("bench", "trace", "--size=small", "--requests=2", "--output=" + file);
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        JsonNode json = new ObjectMapper().readTree(Files.readString(file));
        assertThat(json.path("client_ms").asDouble()).isPositive();
        assertThat(json.path("spans").findValuesAsText("name"))
                .contains("neurovisor.execution.ExecutionService/ExecuteStream", "acquire", "execute", "guest execute");
    }

    @Test
    void rejectsConflictingOptions() {
        assertThat(CommandLineRun.of("bench", "--publish", "--quick").exitCode())
                .isEqualTo(2);
        assertThat(CommandLineRun.of("bench", "trace", "--requests=0").exitCode())
                .isEqualTo(2);
        assertThat(CommandLineRun.of("bench", "trace", "--publish", "--output=x")
                        .exitCode())
                .isEqualTo(2);
    }

    @Test
    void rejectsUnknownScenarios() {
        CommandLineRun run = CommandLineRun.of("bench", "--only=clones");
        assertThat(run.stderr()).contains("clones", "clone");
        assertThat(run.exitCode()).isEqualTo(2);
    }
}
