package io.neurovisor.bench.publication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.neurovisor.bench.measure.Measurements;
import io.neurovisor.bench.speed.Scenario;
import io.neurovisor.bench.speed.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("rule")
final class PublishedTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path ROOT = Path.of(System.getProperty("neurovisor.home"));
    private static final JsonNode NONE = MissingNode.getInstance();
    private static final String REPORT = """
            {"series": [
               {"size": "small", "scenario": "warm", "contender": "a", "unit": "ms", "p50": 1.26, "p99": 9},
               {"size": "small", "scenario": "warm", "contender": "b", "unit": "ms", "p50": 0.5, "p99": null}],
             "targets": [
               {"size": "small", "what": "w", "unit": "x", "at_most": 1.3, "verdict": "met"},
               {"size": "medium", "what": "w", "unit": "x", "at_most": 1.3, "verdict": "missed"},
               {"size": "small", "what": "v", "unit": "s", "at_least": 2, "verdict": "met"},
               {"size": "small", "what": "u", "unit": "s", "at_least": 2, "verdict": "not measured"}]}
            """;
    private static final String FIRECRACKER = """
            {"series": [{"size": "small", "scenario": "Firecracker warm", "contender": "a", "unit": "ms", "p50": 2.5}],
             "targets": [{"size": "small", "what": "f", "unit": "x", "at_most": 1.2, "verdict": "missed"}]}
            """;

    /** Figures that were written by hand, or that are from another run, fail this test. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "README.md",
                "SPECIFICATION.md",
                "docs/performance.md",
                "docs/design/performance.md",
                "docs/design/sandbox-performance.md",
                "docs/design/interpreter-performance.md",
                "docs/design/e2b-performance.md"
            })
    void documentsShowTheCommittedRuns(String name) throws IOException {
        String document = Files.readString(ROOT.resolve(name));
        assertThat(document).contains("bench");
        assertThat(Published.document(document, runs(), spans())).isEqualTo(document);
    }

    /** An incomplete run, or one with outdated targets, must not be published. */
    @Test
    void committedRunsHaveTheCurrentTargets() throws IOException {
        assertThat(runs().whole().path("quick").asBoolean()).isFalse();
        assertThat(targets(runs().whole())).containsExactlyElementsOf(targets(Target.of("any", new Measurements())));
        for (Scenario scenario : Scenario.separate()) {
            JsonNode run = runs().of(scenario);
            if (!run.isMissingNode()) {
                assertThat(run.path("quick").asBoolean()).isFalse();
                assertThat(targets(run))
                        .containsExactlyElementsOf(targets(Target.of(scenario, "any", new Measurements())));
            }
        }
    }

    private static List<String> targets(JsonNode run) {
        return run.path("targets")
                .valueStream()
                .map(target -> target.path("what").asText() + ": " + PublishedTable.promise(target))
                .distinct()
                .toList();
    }

    private static List<String> targets(List<Target> targets) {
        return targets.stream()
                .map(target -> target.what() + ": " + target.promise())
                .toList();
    }

    @Test
    void specificationListsEveryTarget() throws IOException {
        String specification = Files.readString(ROOT.resolve("SPECIFICATION.md"));
        Measurements none = new Measurements();
        assertThat(Stream.concat(
                        Target.of("any", none).stream(),
                        Scenario.separate().stream().flatMap(scenario -> Target.of(scenario, "any", none).stream())))
                .allSatisfy(target -> assertThat(specification).contains("<!--bench target; " + target.what() + "-->"));
    }

    /** The figures of the other program follow from its values, and have their rows. */
    @Test
    void committedFirecrackerRunIsComplete() throws IOException {
        JsonNode run = runs().firecracker();
        assertThat(run.path("series")).hasSize(17).allSatisfy(one -> {
            List<Double> values = one.path("values")
                    .valueStream()
                    .map(JsonNode::asDouble)
                    .sorted()
                    .toList();
            assertThat(values).hasSize(one.path("n").asInt()).hasSizeGreaterThanOrEqualTo(10);
            assertThat(one.path("p50").asDouble()).isEqualTo(values.get((values.size() - 1) / 2));
        });
        assertThat(run.path("targets")).hasSize(1);
        JsonNode target = run.path("targets").path(0);
        assertThat(target.path("at_most").asDouble()).isEqualTo(1.2);
        assertThat(target.path("verdict").asText())
                .isEqualTo(target.path("value").asDouble() <= 1.2 ? "met" : "missed");
        assertThat(published(
                        "<!--bench beside; small; Firecracker restore to answer; NeuroVisor; bare sequence in the jailer-->?<!--/-->",
                        run))
                .contains(String.format(
                        Locale.ROOT, ">%.2f<", target.path("value").asDouble()));
        assertThat(Files.readString(ROOT.resolve("SPECIFICATION.md")))
                .contains("<!--bench target; " + target.path("what").asText() + "-->");
    }

    /** Figures that are not replaced name their source. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "docs/design/performance.md",
                "docs/design/sandbox-performance.md",
                "docs/design/interpreter-performance.md",
                "docs/design/e2b-performance.md"
            })
    void designPageNamesTheSourceOfEachFigure(String name) throws IOException {
        String rest = Published.byHand(Files.readString(ROOT.resolve(name)))
                .replaceAll("(?s)<!-- by hand: [^>]+-->.*?<!-- end by hand -->", "");
        assertThat(rest).doesNotContain("<!-- by hand", "<!-- end by hand").contains("What is missed");
        assertThat(rest).doesNotContainPattern("\\d ?(ms|s|%|x|MiB|VM/s)\\b|[\\d.]+ times|\\d+ of");
        assertThat(Published.byHand("a <!--bench p50; a; b; c-->4 ms<!--/--> b"))
                .isEqualTo("a  b");
    }

    /** Outside the table, each number names the command or the test that it is from. */
    @Test
    void performancePageNamesTheSourceOfEachFigure() throws IOException {
        String rest = Published.byHand(Files.readString(ROOT.resolve("docs/performance.md")));
        String numbers = rest.substring(rest.indexOf("\n## Other figures"));
        String rows = numbers.substring(0, numbers.indexOf("\n## ", 1));
        assertThat(rows.lines().filter(line -> line.matches("\\|.*\\d+(\\.\\d+)? (ms|s)\\b.*")))
                .isNotEmpty()
                .allMatch(line -> line.matches(".*`(bench/|\\./neurovisor |bench |[A-Z]\\w+IT).*"));
    }

    @Test
    void replacesOnlyMarkedFigures() throws IOException {
        assertThat(published("a <!--bench p50; small; warm; a-->7 ms<!--/--> b"))
                .isEqualTo(marked("p50; small; warm; a", "1.3 ms"));
        assertThat(published("a <!--bench p99; small; warm; b-->?<!--/--> b")).contains(">not measured<");
        assertThat(published("a <!--bench p50; large; warm; b--><!--/--> b")).contains(">not measured<");
        assertThat(published("a <!--bench beside; small; warm; a; b-->?<!--/--> b"))
                .contains(">2.52<");
        assertThat(published("a <!--bench beside; small; cold; a; b-->?<!--/--> b"))
                .contains(">not measured<");
        assertThat(published("a <!--bench p50; small; Firecracker warm; a-->?<!--/--> b"))
                .contains(">2.5 ms<");
        assertThat(published("no marks, 4 ms")).isEqualTo("no marks, 4 ms");
    }

    @Test
    void promiseMissedWithOneSizeIsPending() throws IOException {
        assertThat(published("a <!--bench target; w-->?<!--/--> b")).contains(">pending: at most 1.30 x<");
        assertThat(published("a <!--bench target; v-->pending: ?<!--/--> b")).contains(">at least 2.00 s<");
        assertThat(published("a <!--bench target; f-->?<!--/--> b")).contains(">pending: at most 1.20 x<");
        assertThat(published("a <!--bench target; u-->?<!--/--> b")).contains(">pending: at least 2.00 s<");
        assertThat(published("a <!--bench target; true in a sandbox, beside bare gRPC-->?<!--/--> b"))
                .as("without a run of sandboxes")
                .contains(">pending: at most 1.30 x<");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"p50; small; warm", "p75; small; warm; a", "target; none", "", "beside; small; warm; a", "target"
            })
    void rejectsUnknownMarks(String key) {
        assertThatThrownBy(() -> published("<!--bench " + key + "-->?<!--/-->")).isInstanceOf(Exception.class);
    }

    @Test
    void putsThePictureBetweenItsMarks() throws IOException {
        String document = "a\n" + Published.PICTURE + "\nold\n" + Published.END + "\nb\n";
        assertThat(published(document))
                .startsWith("a\n" + Published.PICTURE + "\nNo request's spans")
                .endsWith("\n" + Published.END + "\nb\n")
                .doesNotContain("old");
        assertThatThrownBy(() -> published(Published.PICTURE)).hasMessageContaining(Published.END);
    }

    private static String marked(String key, String figure) {
        return "a <!--bench " + key + "-->" + figure + "<!--/--> b";
    }

    private static String published(String document) throws IOException {
        return published(document, JSON.readTree(FIRECRACKER));
    }

    private static String published(String document, JsonNode firecracker) throws IOException {
        return Published.document(document, new PublishedRuns(JSON.readTree(REPORT), Map.of(), firecracker), NONE);
    }

    private static PublishedRuns runs() throws IOException {
        Map<Scenario, JsonNode> separate = new EnumMap<>(Scenario.class);
        for (Scenario scenario : Scenario.separate()) {
            separate.put(scenario, committed(SpeedPublication.file(scenario)));
        }
        return new PublishedRuns(
                committed("bench/results/full.json"), separate, committed("bench/results/firecracker.json"));
    }

    private static JsonNode spans() throws IOException {
        return committed("bench/results/spans.json");
    }

    private static JsonNode committed(String name) throws IOException {
        Path file = ROOT.resolve(name);
        return Files.exists(file) ? JSON.readTree(file.toFile()) : NONE;
    }
}
