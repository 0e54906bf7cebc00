package io.neurovisor.tests.firecracker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.runner.ShortTier;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests {@code run} on Firecracker. */
@ShortTier
final class FirecrackerRunIT {
    @BeforeAll
    static void skipWithoutFirecracker(@TempDir Path runtime) {
        FirecrackerMachines.startOrSkip(runtime).close();
    }

    @Test
    void printsTheResultWithVmmAndLiveLayers() throws JsonProcessingException {
        CommandLineRun run = CommandLineRun.of(
                "run", "--vmm", "firecracker", "--json=full", "--language", "python", "-c", "print(6*7)");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        JsonNode report = new ObjectMapper().readTree(run.stdout());
        assertThat(report.at("/stdout").asText()).isEqualTo("42\n");
        assertThat(report.at("/vmm").asText()).isEqualTo("firecracker");
        List<Integer> live = StreamSupport.stream(report.at("/layers").spliterator(), false)
                .filter(layer -> layer.at("/status").asText().equals("live"))
                .map(layer -> layer.at("/layer").asInt())
                .toList();
        assertThat(live).as(run.stdout()).containsExactly(1, 2, 3, 4, 5, 6);
    }
}
