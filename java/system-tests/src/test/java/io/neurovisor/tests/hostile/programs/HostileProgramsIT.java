package io.neurovisor.tests.hostile.programs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.tests.fixtures.FinishedProgram;
import io.neurovisor.tests.fixtures.OpenedNeuroVisor;
import io.neurovisor.tests.fixtures.TestMachines;
import io.neurovisor.tests.runner.Alone;
import io.neurovisor.tests.runner.Extent;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs programs that attack their machine, its agent and the host. Each must be contained, the next execution must work, and nothing may
 * remain on the host. The short tier runs some of them. The system property {@code neurovisor.hostile.report} names a file for the table
 * of results.
 */
@Tag("hostile")
@Alone
@ShortTier
final class HostileProgramsIT {
    private static final Duration HONEST_TIMEOUT = Duration.ofMinutes(2);
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** The directories in which nothing may appear. */
    private static final List<String> KEPT = List.of("images", "kernels", "initrds", "templates", "audit", "jails");

    private static final Set<HostileProgram> CONTAINED = new HashSet<>();

    private static OpenedNeuroVisor neuroVisor;
    private static Set<Long> processesBefore = Set.of();
    private static Set<String> filesBefore = Set.of();

    static Stream<HostileProgram> programs() {
        return HostileProgram.all().stream()
                .filter(program -> Extent.isLong() || program.header().isInShortTier());
    }

    @BeforeAll
    static void open() throws IOException {
        processesBefore = descendants();
        neuroVisor = OpenedNeuroVisor.open();
        // Builds the template of the size if there is none.
        assertAnswers();
        if (programs().anyMatch(HostileProgram::isCompiled)) {
            Program compiled = new Program(Language.GO, "package main\nfunc main() { println() }");
            neuroVisor.run(compiled, SandboxSize.MEDIUM, HONEST_TIMEOUT);
        }
        filesBefore = files();
    }

    @AfterAll
    static void close() throws IOException {
        neuroVisor.close();
        String report = System.getProperty("neurovisor.hostile.report", "");
        if (!report.isEmpty()) {
            Files.write(Path.of(report), HostileReport.table(programs().toList(), CONTAINED));
        }
        await().atMost(LIMIT).untilAsserted(() -> assertThat(descendants()).isEqualTo(processesBefore));
        assertThat(files()).isEqualTo(filesBefore);
    }

    @ParameterizedTest
    @MethodSource("programs")
    void isContained(HostileProgram program) {
        FinishedProgram end = run(program);
        List<String> objections = HostileJudge.objections(program.header(), end);
        if (program.header().isTwice()) {
            FinishedProgram second = run(program);
            assertThat(second.result().vmId()).isNotEqualTo(end.result().vmId());
            objections.addAll(HostileJudge.objections(program.header(), second));
            objections.addAll(HostileJudge.shared(end, second));
        }
        assertAnswers();
        assertThat(objections)
                .as("%s: %s%n%s%n%s", program, program.header().title(), end.describe(), head(end.stdout()))
                .isEmpty();
        CONTAINED.add(program);
    }

    private static FinishedProgram run(HostileProgram program) {
        return program.runOn(neuroVisor);
    }

    /** Checks that the node runs a program. */
    private static void assertAnswers() {
        FinishedProgram honest =
                neuroVisor.run(new Program(Language.PYTHON, "print(6*7)"), SandboxSize.SMALL, HONEST_TIMEOUT);
        assertThat(honest.result().outcome()).as(honest.describe()).isEqualTo(Outcome.COMPLETED);
        assertThat(honest.stdout()).isEqualTo("42\n");
    }

    private static String head(String text) {
        return text.substring(0, Math.min(2000, text.length()));
    }

    private static Set<Long> descendants() {
        return ProcessHandle.current().descendants().map(ProcessHandle::pid).collect(Collectors.toSet());
    }

    private static Set<String> files() throws IOException {
        Set<String> files = new TreeSet<>();
        for (String part : KEPT) {
            Path directory = TestMachines.dataDirectory().resolve(part);
            if (Files.exists(directory)) {
                try (Stream<Path> found = Files.walk(directory)) {
                    found.filter(file -> !file.getFileName().toString().endsWith(".lock"))
                            .map(Path::toString)
                            .forEach(files::add);
                }
            }
        }
        return files;
    }
}
