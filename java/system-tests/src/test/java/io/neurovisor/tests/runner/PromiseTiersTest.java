package io.neurovisor.tests.runner;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.CommandLineRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Tests that SPECIFICATION.md names the tiers of each promise. A promise that needs a machine has a case in the short tier, unless its
 * proof takes a machine that the short tier does not have.
 */
@Tag("rule")
final class PromiseTiersTest {
    private static final Pattern ROW = Pattern.compile("\\| (\\d+)([a-z]?) \\| (.*) \\| (.*) \\| ([a-z, ]*) \\|");
    private static final Pattern NAME = Pattern.compile("`([A-Za-z]\\w*)(?:\\.([a-zA-Z]\\w*))?`");
    private static final Pattern OTHER_UNIT_TESTS =
            Pattern.compile("agent tests|spawner tests?|setup/test-(launcher|runner)\\.sh");
    private static final Pattern OTHER_LONG_TESTS = Pattern.compile("--area [a-z]|`bench|`lab/test\\.sh`");

    /** What the short tier leaves to the long one, and why. */
    private static final Map<String, String> LONG_ONLY = Map.ofEntries(
            Map.entry("CellTableIT", "runs a table of cells"),
            Map.entry("ContextCopiesIT", "twenty copies take minutes in an emulated machine"),
            Map.entry("CustomImageIT", "builds images for minutes"),
            Map.entry("E2bInterpreterJavaScriptSuiteIT", "needs E2B's own tests, which are fetched"),
            Map.entry("E2bInterpreterSuiteIT", "needs E2B's own tests, which are fetched"),
            Map.entry("E2bOracleIT", "needs E2B's envd, which is fetched and compiled"),
            Map.entry("EnduranceIT", "loads a daemon for a minute"),
            Map.entry("FirecrackerFaultIT", "a fault each takes minutes in an emulated machine"),
            Map.entry("FirecrackerClonesIT", "ten clones at a time take minutes in an emulated machine"),
            Map.entry("FullImageIT", "needs the large image"),
            Map.entry("HostileChaosIT", "compares times of minutes"),
            Map.entry("LayerMatrixIT", "each layer is taken away in turn, on each VMM"),
            Map.entry("LlamaServerIT", "needs a model, which is fetched"),
            Map.entry("MemoryIT", "fills the memory that other tests need"),
            Map.entry("OciImageIT", "makes a container image"),
            Map.entry("OllamaIT", "needs an Ollama"),
            Map.entry("OtlpIT", "needs a Collector, which is fetched and compiled"),
            Map.entry("ProgramsIT", "runs a corpus of programs"),
            Map.entry("PrometheusIT", "needs a Prometheus, which is fetched"),
            Map.entry("PushgatewayIT", "needs a Pushgateway, which is fetched"),
            Map.entry("SandboxEnduranceIT", "sandboxes live and are killed for two minutes"),
            Map.entry("SandboxInterpreterIT", "InterpreterIT has the case of the short tier"),
            Map.entry("SandboxPageIT", "needs real clients, which are fetched and compiled"),
            Map.entry("ServeClientsIT", "needs real clients, which are fetched and compiled"),
            Map.entry("ServiceUnitIT", "needs a lab machine with a systemd"),
            Map.entry("SpeedIT", "measures"),
            Map.entry("StatusPageIT", "needs a browser, which is fetched"),
            Map.entry("WarmCorpusIT", "runs a corpus of programs"),
            Map.entry("WatchedDaemonIT", "its panels need a Prometheus"));

    private static final Path SPECIFICATION = CommandLineRun.home().resolve("SPECIFICATION.md");
    private static final boolean WRITES = Boolean.parseBoolean(System.getenv("NEUROVISOR_WRITE_PAGES"));

    private final TestTable table = TestTable.read();

    PromiseTiersTest() throws IOException {}

    /**
     * One row.
     *
     * @param number of the promise
     * @param part a letter where the promise has several rows
     */
    private record Row(int number, String part, String held, String tiers) {
        String label() {
            return number + part;
        }
    }

    /** A promise keeps its name when others are added, so names may have gaps. */
    @Test
    void eachPromiseHasItsOwnName() throws IOException {
        assertThat(rows().stream().map(Row::label)).isNotEmpty().doesNotHaveDuplicates();
    }

    @Test
    void everyPromiseSaysWhichTiersProveIt() throws IOException {
        if (WRITES) {
            Files.write(
                    SPECIFICATION,
                    Files.readAllLines(SPECIFICATION).stream()
                            .map(this::withTiers)
                            .toList());
            return;
        }
        assertThat(rows()).isNotEmpty();
        assertThat(rows().stream()
                        .filter(row -> row.tiers().isEmpty() || !row.tiers().equals(tiers(row.held())))
                        .map(row -> "%s: %s, not %s".formatted(row.label(), tiers(row.held()), row.tiers())))
                .as("./neurovisor check --fix writes the tiers")
                .isEmpty();
    }

    private String withTiers(String line) {
        Matcher row = ROW.matcher(line);
        return row.matches() ? line.substring(0, row.start(5)) + tiers(row.group(4)) + " |" : line;
    }

    @Test
    void aPromiseThatNeedsAMachineIsProvenInTheShortTier() throws IOException {
        Map<Integer, String> held = new TreeMap<>();
        rows().forEach(row -> held.merge(row.number(), row.held(), (one, other) -> one + ", " + other));
        List<String> missing = new ArrayList<>();
        held.forEach((number, tests) -> {
            List<String> classes = systemTests(tests).keySet().stream()
                    .filter(name -> !LONG_ONLY.containsKey(name))
                    .toList();
            if (!classes.isEmpty() && !tiers(tests).contains("short")) {
                missing.add(number + ": " + classes);
            }
        });
        assertThat(missing).as("no case is marked @ShortTier").isEmpty();
    }

    private static List<Row> rows() throws IOException {
        return Files.readAllLines(SPECIFICATION).stream()
                .map(ROW::matcher)
                .filter(Matcher::matches)
                .map(row -> new Row(Integer.parseInt(row.group(1)), row.group(2), row.group(4), row.group(5)))
                .toList();
    }

    private String tiers(String held) {
        List<String> tiers = new ArrayList<>();
        Map<String, List<String>> systemTests = systemTests(held);
        if (OTHER_UNIT_TESTS.matcher(held).find()
                || NAME.matcher(held).results().anyMatch(name -> name.group(1).matches(".*(Test|Contract)"))) {
            tiers.add("unit");
        }
        boolean hasShort = systemTests.entrySet().stream().anyMatch(test -> isShort(test.getKey(), test.getValue()));
        if (hasShort) {
            tiers.add("short");
        } else if (!systemTests.isEmpty() || OTHER_LONG_TESTS.matcher(held).find()) {
            tiers.add("long");
        }
        if (tiers.isEmpty() && held.startsWith("pending")) {
            tiers.add("pending");
        }
        return String.join(", ", tiers);
    }

    /** The classes that a cell names, each with its methods, which follow it. */
    private Map<String, List<String>> systemTests(String held) {
        Map<String, List<String>> tests = new LinkedHashMap<>();
        String last = "";
        for (MatchResult name : NAME.matcher(held).results().toList()) {
            String word = name.group(1);
            if (word.matches(".*(IT|Test|Contract)")) {
                last = word;
            }
            boolean isMethod = !word.equals(last);
            if (last.endsWith("IT")) {
                List<String> methods = tests.computeIfAbsent(last, test -> new ArrayList<>());
                if (isMethod) {
                    methods.add(word);
                } else if (name.group(2) != null) {
                    methods.add(name.group(2));
                }
            }
        }
        return tests;
    }

    private boolean isShort(String name, List<String> methods) {
        try {
            return table.of(name).anyMatch(TestTable.Row::isShort)
                    && TestTable.hasShortCase(TestTable.testClass(name), methods);
        } catch (ClassNotFoundException exception) {
            throw new AssertionError(name + " is named in SPECIFICATION.md", exception);
        }
    }
}
