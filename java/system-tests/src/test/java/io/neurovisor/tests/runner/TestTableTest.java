package io.neurovisor.tests.runner;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.CommandLineRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Checks that every test class is in a tier: unit tests by their names, all others by a row of {@code setup/tests.tsv}. */
@Tag("rule")
final class TestTableTest {
    private static final Set<String> PLACES = Set.of(
            "here", "unit", "user", "models", "lab-qemu", "lab-firecracker", "lab-user", "lab-systemd", "script");

    private final TestTable table;

    TestTableTest() throws IOException {
        table = TestTable.read();
    }

    @Test
    void everySystemTestHasARow() throws IOException {
        Set<String> rows = table.rows().stream()
                .filter(row -> !row.isScript() && !row.isUnit())
                .map(TestTable.Row::name)
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(rows).isEqualTo(testClasses("IT"));
    }

    @Test
    void everyClassWithTestsHasANameByWhichItRuns() throws IOException {
        Set<String> others = new TreeSet<>();
        try (Stream<Path> files = Files.walk(CommandLineRun.home().resolve("java"))) {
            for (Path file : files.filter(file -> file.toString().matches(".*/src/.*\\.java"))
                    .toList()) {
                String source = Files.readString(file);
                String name = file.getFileName().toString().replace(".java", "");
                boolean hasTests = source.lines()
                        .anyMatch(
                                line -> line.matches(
                                        "    @(Test|ParameterizedTest.*|RepeatedTest.*|TestFactory|Property.*|FuzzTest.*|ArchTest)"));
                if (hasTests && !name.matches(".*(Test|IT|Contract)")) {
                    others.add(name);
                }
            }
        }
        assertThat(others).as("run by no tier").isEmpty();
    }

    @Test
    void everyRowIsUnique() {
        assertThat(table.rows()).allSatisfy(row -> assertThat(PLACES).contains(row.place()));
        assertThat(table.rows()).allSatisfy(row -> assertThat(row.tier()).isIn("short", "long"));
        assertThat(table.rows().stream().map(row -> row.place() + "/" + row.name()))
                .doesNotHaveDuplicates();
    }

    @Test
    void theShortTierOfThisMachineIsThatOfTheTags() {
        assertThat(table.rows().stream().filter(row -> row.place().equals("here")))
                .allSatisfy(row -> assertThat(TestTable.hasShortCase(TestTable.testClass(row.name())))
                        .as(row.name())
                        .isEqualTo(row.isShort()));
    }

    @Test
    void everyOtherRowOfTheShortTierHasATaggedCase() {
        assertThat(table.rows().stream().filter(TestTable.Row::isShort).filter(row -> !row.isScript()))
                .allSatisfy(row -> assertThat(TestTable.hasShortCase(TestTable.testClass(row.name())))
                        .as(row.place() + "/" + row.name())
                        .isTrue());
    }

    @Test
    void everyScriptIsAFunctionOfTheRunner() throws IOException {
        String runner = Files.readString(CommandLineRun.home().resolve("setup/test-parts.sh"));
        List<String> functions = table.rows().stream()
                .filter(TestTable.Row::isScript)
                .map(row -> "script_" + row.name().replace('-', '_') + "() {")
                .toList();
        assertThat(functions)
                .isNotEmpty()
                .allSatisfy(function -> assertThat(runner).contains("\n" + function));
    }

    private static Set<String> testClasses(String suffix) throws IOException {
        try (Stream<Path> files = Files.walk(CommandLineRun.home().resolve("java/system-tests/src"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(suffix + ".java"))
                    .map(name -> name.replace(".java", ""))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }
}
