package io.neurovisor.tests.repository;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.pool.PoolStatus;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.host.spawner.EbpfCounts;
import io.neurovisor.server.metrics.CallMetrics;
import io.neurovisor.server.metrics.Metrics;
import io.neurovisor.server.trace.TraceIds;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.languages.LanguageIT;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks that everything the documents name exists. */
final class DocumentsTest {
    private static final Path HOME = CommandLineRun.home();

    @ParameterizedTest
    @ValueSource(strings = {"SPECIFICATION.md", "SECURITY.md"})
    void everyTestThatADocumentNamesExists(String document) throws IOException {
        Map<String, String> sources = testSources();
        Set<String> missing = new TreeSet<>();
        for (String line : Files.readAllLines(HOME.resolve(document))) {
            String lastClass = "";
            for (String name : matches("`([A-Za-z]+(?:\\.[a-zA-Z]+)?)`", line)) {
                String[] parts = name.split("\\.", 2);
                boolean isClass = sources.containsKey(parts[0]);
                if (parts[0].endsWith("IT") || parts[0].endsWith("Test") || parts[0].endsWith("Contract")) {
                    lastClass = parts[0];
                    if (!isClass || (parts.length == 2 && !hasMethod(sources, parts[0], parts[1]))) {
                        missing.add(name);
                    }
                } else if (!lastClass.isEmpty()
                        && name.matches("[a-z]+[A-Z]\\w+")
                        && !hasMethod(sources, lastClass, name)) {
                    missing.add(lastClass + "." + name);
                }
            }
        }
        assertThat(missing).as("named in " + document + ", not in the tests").isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "ARCHITECTURE.md", "SECURITY.md", "CONTRIBUTING.md", "SPECIFICATION.md"})
    void everyLinkLeadsSomewhere(String document) throws IOException {
        for (String target : matches("\\]\\(([^)#]+)\\)", Files.readString(HOME.resolve(document)))) {
            assertThat(HOME.resolve(target)).as("link in " + document).exists();
        }
    }

    /** A command without a test becomes outdated. */
    @ParameterizedTest
    @ValueSource(strings = {"README.md", "monitoring/README.md"})
    void everyCommandIsTestedOrStatesWhatItNeeds(String document) throws IOException {
        Map<String, String> sources = testSources();
        assertThat(ConsoleBlock.of(Files.readAllLines(HOME.resolve(document))))
                .isNotEmpty()
                .allSatisfy(block -> {
                    assertThat(block.test().isPresent() || block.needs().isPresent())
                            .as("<!-- run by SomeIT --> or <!-- needs: … --> before line " + block.line())
                            .isTrue();
                    block.test()
                            .filter(test -> !test.equals("ReadmeIT"))
                            .ifPresent(test -> assertThat(block.commands())
                                    .allSatisfy(command -> assertThat(sources.getOrDefault(test, ""))
                                            .as(test + ", which is said to run line " + block.line())
                                            .contains('"' + command.word() + '"')));
                });
    }

    @Test
    void readmeCountsLanguageCases() throws IOException {
        int situations = LanguageIT.Situation.values().length;
        assertThat(Files.readString(HOME.resolve("README.md")))
                .contains((situations * Language.values().length) + " cases, " + situations + " situations");
    }

    private static final EbpfCounts EBPF = new EbpfCounts("", 1, 1, Map.of("file_open", 1L), Map.of(0, 1L), 0);

    @Test
    void documentsEveryMetric() throws IOException {
        PoolStatus pool = new PoolStatus(1, 0, 0, 0, 0, 1, true, Optional.empty(), Optional.empty());
        Metrics metrics = new Metrics();
        metrics.watch(() -> pool, new VmmIdentity("qemu", "1", "none", "none", "none"), Optional.of(() -> EBPF));
        CallMetrics _ = metrics.calls(TraceIds::next);
        List<String> counted = new TreeSet<>(metrics.registry().scrape().stream()
                        .filter(family -> family.getMetadata().getName().startsWith("neurovisor_"))
                        .map(DocumentsTest::row)
                        .toList())
                .stream().toList();
        assertThat(matches("(?m)^(\\| `neurovisor_.*)$", Files.readString(HOME.resolve("README.md"))))
                .as("rows of the README")
                .isEqualTo(counted);
    }

    @Test
    void documentsThirtyMetricFamilies() throws IOException {
        assertThat(matches("(?m)^(\\| `neurovisor_.*)$", Files.readString(HOME.resolve("README.md"))))
                .hasSizeGreaterThanOrEqualTo(30);
    }

    private static String row(MetricSnapshot family) {
        String name = family.getMetadata().getName();
        return switch (family) {
            case CounterSnapshot _ -> row(name + "_total", "counter", family);
            case InfoSnapshot _ -> row(name + "_info", "gauge", family);
            case HistogramSnapshot _ -> row(name, "histogram", family);
            case GaugeSnapshot _ -> row(name, "gauge", family);
            default -> throw new AssertionError("what is " + family);
        };
    }

    private static String row(String name, String type, MetricSnapshot family) {
        return "| `%s` | %s | %s |".formatted(name, type, family.getMetadata().getHelp());
    }

    @Test
    void readmeNamesOnlyKnownOptions() throws IOException {
        String commandLine = text(Path.of("java/cli/src/main/java"), ".java")
                + text(Path.of("java/host/src/main/java"), ".java")
                + text(Path.of("setup"), ".sh");
        String readme = Files.readString(HOME.resolve("README.md"));
        List<String> names = Stream.concat(
                        matches("`(--[a-z-]+)", readme).stream(), matches("`(NEUROVISOR_[A-Z_]+)", readme).stream())
                .toList();
        assertThat(names)
                .isNotEmpty()
                .allSatisfy(name -> assertThat(commandLine).contains(name));
    }

    @Test
    void readmeListsEveryOption() throws IOException {
        String readme = Files.readString(HOME.resolve("README.md"));
        assertThat(matches(
                        "names = \\{?(?:\"-\\w\", )?\"(--?[a-z-]+)\"",
                        text(Path.of("java/cli/src/main/java"), ".java")))
                .isNotEmpty()
                .allSatisfy(option -> assertThat(readme).contains("`" + option).isNotNull());
    }

    @Test
    void readmeListsUsedLibraries() throws IOException {
        String poms = text(Path.of("java"), "pom.xml");
        String crates = text(Path.of("guest/agent"), "Cargo.toml") + text(Path.of("spawner"), "Cargo.toml");
        String parts = section("### What it is made of");
        assertThat(matches("`([a-z][\\w.-]+:[\\w.-]+)`", parts))
                .hasSizeGreaterThan(5)
                .allSatisfy(part -> {
                    String[] names = part.split(":", 2);
                    assertThat(poms)
                            .containsPattern("<groupId>" + Pattern.quote(names[0]) + "</groupId>\\s*<artifactId>"
                                    + Pattern.quote(names[1]) + "</artifactId>");
                });
        assertThat(matches("`([a-z]+)`", parts))
                .isNotEmpty()
                .allSatisfy(crate -> assertThat(crates).containsPattern("(?m)^" + crate + "\\b"));
    }

    @Test
    void readmeListsExistingPaths() throws IOException {
        String sources =
                text(Path.of("java/server/src/main/java"), ".java") + text(Path.of("java/host/src/main/java"), ".java");
        for (String line : section("### Where things are").lines().toList()) {
            for (String name : matches("`([a-z]+)/?`", line)) {
                if (line.contains("in the data directory")) {
                    assertThat(sources).as(name).contains("\"" + name);
                } else {
                    assertThat(HOME.resolve(name)).exists();
                }
            }
        }
    }

    private static String section(String heading) throws IOException {
        String readme = Files.readString(HOME.resolve("README.md"));
        String begun = readme.substring(readme.indexOf(heading) + heading.length());
        return begun.split("\\n(#|MIT)", 2)[0];
    }

    private static boolean hasMethod(Map<String, String> sources, String testClass, String method) {
        return sources.getOrDefault(testClass, "").contains("void " + method + "(");
    }

    private static Map<String, String> testSources() throws IOException {
        try (Stream<Path> files = Files.walk(HOME.resolve("java"))) {
            return files.filter(file -> file.toString().matches(".*/src/.*(Test|IT|Contract)\\.java"))
                    .collect(Collectors.toMap(
                            file -> file.getFileName().toString().replace(".java", ""), DocumentsTest::read));
        }
    }

    private static String text(Path directory, String suffix) throws IOException {
        try (Stream<Path> files = Files.walk(HOME.resolve(directory))) {
            Function<Path, String> read = DocumentsTest::read;
            return files.filter(file -> file.toString().endsWith(suffix))
                    .map(read)
                    .collect(Collectors.joining("\n"));
        }
    }

    private static List<String> matches(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map((MatchResult match) -> match.group(1))
                .toList();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException exception) {
            throw new java.io.UncheckedIOException(exception);
        }
    }
}
