package io.neurovisor.tests.commandline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.engine.layer.Layer;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that the findings of the doctor are true and determine its exit code. */
final class DoctorIT {
    private static final Set<String> CHECKS = Set.of(
            "kvm",
            "kvm-device",
            "swap",
            "ksm",
            "smt",
            "disk",
            "memory",
            "guest-clock",
            "platform",
            "user-namespaces",
            "ptrace-scope",
            "sandboxes",
            "leftovers");

    private static CommandLineRun json;
    private static JsonNode diagnosis;

    @BeforeAll
    static void examine() throws IOException {
        json = CommandLineRun.of("doctor", "--json");
        diagnosis = new ObjectMapper().readTree(json.stdout());
    }

    @Test
    void exitCodeReflectsTheWorstCheck() {
        List<String> layers = texts("layers", "status");
        boolean isBroken =
                layers.contains("broken") || texts("checks", "verdict").contains("fail");
        boolean isUnknown =
                layers.contains("unknown") || texts("checks", "verdict").contains("unknown");
        boolean isWhole = layers.stream().allMatch("live"::equals);
        assertThat(json.exitCode()).isEqualTo(isBroken ? 1 : isUnknown ? 4 : isWhole ? 0 : 3);
        assertThat(diagnosis.path("exit_code").asInt()).isEqualTo(json.exitCode());
    }

    @ShortTier
    @Test
    void reportsEveryLayer() {
        assertThat(texts("layers", "layer"))
                .containsExactlyElementsOf(Stream.of(Layer.values())
                        .map(layer -> Integer.toString(layer.number()))
                        .toList());
        List<String> statuses = texts("layers", "status");
        assertThat(List.of(statuses.get(0), statuses.get(1), statuses.get(3))).containsOnly("live");
    }

    @Test
    void runReportsTheSameLayers() throws IOException {
        CommandLineRun run = CommandLineRun.of("run", "--json=full", "-l", "bash", "-c", "true");
        JsonNode layers = new ObjectMapper().readTree(run.stdout()).path("layers");
        assertThat(layers).isNotEmpty();
        for (JsonNode layer : layers) {
            JsonNode examined = diagnosis.path("layers").get(layer.path("layer").asInt() - 1);
            assertThat(layer.path("status")).as(layer.toString()).isEqualTo(examined.path("status"));
        }
    }

    @Test
    void reportsProblemsWithTheirFix() {
        assertThat(texts("checks", "check")).containsAll(CHECKS);
        for (JsonNode check : diagnosis.path("checks")) {
            assertThat(check.path("detail").asText()).as(check.toString()).isNotBlank();
            if (!check.path("verdict").asText().equals("pass")) {
                assertThat(check.path("fix").asText()).as(check.toString()).isNotBlank();
            }
        }
    }

    @Test
    void warnsThatEmulationIsNotASecurityBoundary() {
        boolean emulated = check("sandbox").path("detail").asText().contains("(tcg)");
        JsonNode isolation = diagnosis.path("layers").get(5);
        assertThat(isolation.path("detail").asText().contains("emulation is not a security boundary"))
                .isEqualTo(emulated);
        assertThat(isolation.path("status").asText().equals("live")).isEqualTo(!emulated);
        assertThat(check("kvm").path("verdict").asText().equals("pass")).isEqualTo(!emulated);
    }

    @Test
    void missingToolIsReportedWithItsPackage(@TempDir Path programs) throws IOException {
        link(Path.of("/usr/bin"), programs, program -> !program.endsWith("bwrap"));
        CommandLineRun doctor = CommandLineRun.of(Map.of("PATH", programs.toString()), "doctor");
        assertThat(doctor.exitCode()).as(doctor.stdout()).isEqualTo(1);
        assertThat(doctor.stdout()).containsPattern("bwrap +fail ").contains("bubblewrap");
        // JUnit would print a warning for each link.
        for (Path link : list(programs)) {
            Files.delete(link);
        }
    }

    private static void link(Path from, Path to, Predicate<Path> wanted) throws IOException {
        for (Path file : list(from)) {
            if (wanted.test(file)) {
                Files.createSymbolicLink(to.resolve(file.getFileName()), file);
            }
        }
    }

    private static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    private static JsonNode check(String name) {
        for (JsonNode check : diagnosis.path("checks")) {
            if (check.path("check").asText().equals(name)) {
                return check;
            }
        }
        throw new AssertionError("no check " + name + " in " + diagnosis);
    }

    private static List<String> texts(String list, String field) {
        return Stream.iterate(0, index -> index < diagnosis.path(list).size(), index -> index + 1)
                .map(index -> diagnosis.path(list).get(index).path(field).asText())
                .toList();
    }
}
