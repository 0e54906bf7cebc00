package io.neurovisor.tests.repository;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.pool.PoolStatus;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.host.spawner.EbpfCounts;
import io.neurovisor.server.metrics.CallMetrics;
import io.neurovisor.server.metrics.Metrics;
import io.neurovisor.server.trace.TraceIds;
import io.neurovisor.tests.languages.LanguageIT;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Checks that everything the documents name exists. */
@Tag("rule")
final class DocumentsTest {
    private static final Path HOME = Documents.HOME;
    private static final EbpfCounts EBPF = new EbpfCounts("", 1, 1, Map.of("file_open", 1L), Map.of(0, 1L), 0);

    /** Options of other programs that the documents show. */
    private static final Set<String> FOREIGN_OPTIONS =
            Set.of("--device", "--enable-feature", "--security-opt", "--volume", "--volumes");

    static List<String> documents() throws IOException {
        return Documents.all();
    }

    @ParameterizedTest
    @MethodSource("documents")
    void everyTestThatADocumentNamesExists(String document) throws IOException {
        Map<String, String> sources = testSources();
        Set<String> missing = new TreeSet<>();
        for (String line : Documents.lines(document)) {
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

    @Test
    void everyPageIsListed() throws IOException {
        String readme = Documents.text("README.md");
        assertThat(Documents.under("docs").stream().filter(page -> !page.startsWith("docs/design/")))
                .allSatisfy(page -> assertThat(readme).contains("](" + page + ")"));
        String architecture = Documents.text("ARCHITECTURE.md");
        assertThat(Documents.under("docs/design"))
                .allSatisfy(page -> assertThat(architecture).contains("](" + page + ")"));
    }

    @ParameterizedTest
    @MethodSource("documents")
    void everyLinkLeadsSomewhere(String document) {
        Path directory = Objects.requireNonNull(HOME.resolve(document).getParent());
        assertThat(matches("\\]\\(((?!https?:)[^)]+)\\)", Documents.text(document)))
                .allSatisfy(link -> {
                    String[] parts = link.split("#", 2);
                    Path target = parts[0].isEmpty() ? HOME.resolve(document) : directory.resolve(parts[0]);
                    assertThat(target).as("link in " + document).exists();
                    if (parts.length == 2) {
                        assertThat(anchors(target)).as("headings of " + target).contains(parts[1]);
                    }
                });
    }

    /** Returns the anchors that GitHub gives the headings. */
    private static List<String> anchors(Path page) {
        return matches("(?m)^#+ (.*)$", read(page)).stream()
                .map(heading -> heading.toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9 -]", "")
                        .replace(' ', '-'))
                .toList();
    }

    /** A command without a test becomes outdated. */
    @ParameterizedTest
    @MethodSource("documents")
    void everyCommandIsTestedOrStatesWhatItNeeds(String document) throws IOException {
        Map<String, String> sources = testSources();
        assertThat(ConsoleBlock.of(Documents.lines(document))).allSatisfy(block -> {
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
    void contributingCountsLanguageCases() {
        int situations = LanguageIT.Situation.values().length;
        assertThat(Documents.text("CONTRIBUTING.md"))
                .contains((situations * Language.values().length) + " cases, " + situations + " situations");
    }

    @Test
    void documentsEveryMetric() {
        PoolStatus pool = new PoolStatus(1, 0, 0, 0, 0, 1, true, Optional.empty(), Optional.empty());
        Metrics metrics = new Metrics();
        metrics.watch(() -> pool, new VmmIdentity("qemu", "1", "none", "none", "none"), Optional.of(() -> EBPF));
        CallMetrics _ = metrics.calls(TraceIds::next);
        metrics.http().served("e2b", 200, Duration.ZERO, TraceIds.next());
        List<String> counted = new TreeSet<>(metrics.registry().scrape().stream()
                        .filter(family -> family.getMetadata().getName().startsWith("neurovisor_"))
                        .map(DocumentsTest::row)
                        .toList())
                .stream().toList();
        assertThat(matches("(?m)^(\\| `neurovisor_.*)$", Documents.text("docs/observability.md")))
                .hasSizeGreaterThanOrEqualTo(30)
                .isEqualTo(counted);
    }

    private static String row(MetricSnapshot family) {
        String name = family.getMetadata().getName();
        return switch (family) {
            case CounterSnapshot _ -> row(name + "_total", "counter", family);
            case InfoSnapshot _ -> row(name + "_info", "gauge", family);
            case HistogramSnapshot _ -> row(name, "histogram", family);
            case GaugeSnapshot _ -> row(name, "gauge", family);
            default -> throw new AssertionError("unknown type of " + family);
        };
    }

    private static String row(String name, String type, MetricSnapshot family) {
        return "| `%s` | %s | %s |".formatted(name, type, family.getMetadata().getHelp());
    }

    /** CommandLinePageTest and SettingsPageTest compare the tables of these pages with the command line. */
    @ParameterizedTest
    @MethodSource("documents")
    void namesOnlyKnownOptions(String document) throws IOException {
        List<String> settings = matches("(?m)^\\| `([a-z-]+)` \\|", Documents.text("docs/settings.md"));
        String others = Documents.text("docs/options.md")
                + Documents.text("docs/cli.md")
                + text(Path.of("setup"), ".sh")
                + text(Path.of("java/host/src/main"), ".java")
                + text(Path.of("spawner/src"), ".rs");
        assertThat(matches("`(?:\\./neurovisor |run |serve )?(--[a-z-]+)", Documents.text(document)))
                .filteredOn(option -> !FOREIGN_OPTIONS.contains(option))
                .allSatisfy(option -> assertThat(settings.contains(option.substring(2)) || others.contains(option))
                        .as(option)
                        .isTrue());
    }

    @ParameterizedTest
    @MethodSource("documents")
    void namesOnlyKnownVariables(String document) throws IOException {
        String known = Documents.text("docs/settings.md")
                + text(Path.of("java"), ".java")
                + text(Path.of("setup"), ".sh")
                + text(Path.of("guest"), ".rs")
                + text(Path.of("packaging"), ".service");
        assertThat(matches("`\\$?(NEUROVISOR_[A-Z_]+)", Documents.text(document)))
                .allSatisfy(name -> assertThat(known).contains(name));
    }

    @Test
    void namesUsedLibraries() throws IOException {
        String poms = text(Path.of("java"), "pom.xml");
        String crates = text(Path.of("guest/agent"), "Cargo.toml") + text(Path.of("spawner"), "Cargo.toml");
        String libraries = section("docs/design/decisions.md", "## Libraries");
        assertThat(matches("`([a-z][\\w.-]+:[\\w.-]+)`", libraries))
                .hasSizeGreaterThan(5)
                .allSatisfy(library -> {
                    String[] names = library.split(":", 2);
                    assertThat(poms)
                            .containsPattern("<groupId>" + Pattern.quote(names[0]) + "</groupId>\\s*<artifactId>"
                                    + Pattern.quote(names[1]) + "</artifactId>");
                });
        assertThat(matches("`([a-z]+)`", libraries))
                .isNotEmpty()
                .allSatisfy(crate -> assertThat(crates).containsPattern("(?m)^" + crate + "\\b"));
    }

    @Test
    void namesExistingPaths() throws IOException {
        String sources = text(Path.of("java"), ".java");
        for (String line :
                section("ARCHITECTURE.md", "## Where things are").lines().toList()) {
            for (String name : matches("`([a-z]+)/?`", line)) {
                if (line.contains("in the data directory")) {
                    assertThat(sources).as(name).contains("\"" + name);
                } else {
                    assertThat(HOME.resolve(name)).exists();
                }
            }
        }
        for (String name :
                matches("\\| `((?:java|guest|proto|spawner|bpf)[a-z/-]*)`", Documents.text("ARCHITECTURE.md"))) {
            assertThat(HOME.resolve(name)).exists();
        }
    }

    @Test
    void architectureListsTheDependenciesOfModules() throws IOException {
        Matcher row = Pattern.compile("(?m)^\\| `(java/[a-z]+)` \\|.*\\| ([^|]+) \\|$")
                .matcher(Documents.text("ARCHITECTURE.md"));
        int modules = 0;
        while (row.find()) {
            String listed = row.group(2);
            if (!listed.startsWith("all")) {
                modules++;
                assertThat(matches(
                                "neurovisor-([a-z]+)</artifactId>\\s*<version>[^<]*</version>\\s*</dependency>",
                                Documents.text(row.group(1) + "/pom.xml")))
                        .as("dependencies of " + row.group(1))
                        .allSatisfy(name -> assertThat(listed).contains(name));
            }
        }
        assertThat(modules).isGreaterThan(5);
    }

    /** Names of classes and messages become outdated when they are renamed. */
    @Test
    void architectureNamesExistingTypes() throws IOException {
        String sources = text(Path.of("java"), ".java")
                + text(Path.of("guest"), ".rs")
                + text(Path.of("spawner"), ".rs")
                + text(Path.of("proto"), ".proto")
                + text(Path.of("packaging"), ".service");
        Set<String> words = Pattern.compile("\\W+").splitAsStream(sources).collect(Collectors.toSet());
        for (String document : documents()) {
            if (document.equals("ARCHITECTURE.md") || document.startsWith("docs/design/")) {
                assertThat(matches("`([A-Z][a-z]+(?:[A-Z][a-zA-Z]*)+)", Documents.text(document)))
                        .as(document)
                        .isSubsetOf(words);
            }
        }
    }

    /** What a reader compares, and what a machine may lack. */
    @Test
    void documentsAnswerCommonQuestions() {
        assertThat(read(HOME.resolve("README.md"))).contains("Docker", "gVisor", "Kata", "A full virtual machine");
        assertThat(read(HOME.resolve("docs/ebpf.md"))).contains("## Why eBPF", "WSL2");
        assertThat(read(HOME.resolve("docs/install.md"))).contains("WSL2");
        assertThat(read(HOME.resolve("SECURITY.md"))).contains("SSRF");
    }

    @Test
    void readmeShowsAnExcerptOfTheJavaPage() {
        String page = Documents.text("docs/java.md");
        assertThat(matches("(?s)```java\\n(.*?)```", Documents.text("README.md")))
                .singleElement()
                .satisfies(excerpt -> assertThat(page).contains(excerpt.strip()));
    }

    private static String section(String document, String heading) {
        String text = Documents.text(document);
        String begun = text.substring(text.indexOf(heading) + heading.length());
        return begun.split("\\n#", 2)[0];
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
                    .filter(file -> !file.toString().contains("/target/"))
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
            throw new UncheckedIOException(exception);
        }
    }
}
