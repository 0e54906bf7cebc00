package io.neurovisor.tests.hostile.programs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.program.Interpreter;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.program.SkippedFile;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.testkit.RecordingSink;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.FinishedProgram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Checks the list of hostile programs, their judge, and the table in the security documents. */
final class HostileProgramsTest {
    private static final int PROGRAMS_MIN = 150;
    private static final int SHORT = 10;
    private static final int LINES_MAX = 80;

    private static final String HEADER = """
            # Attempts a thing.
            # @promise virtual machine
            # @layer guest
            """;

    @Test
    void hasEnoughAttacks() {
        List<HostileProgram> all = HostileProgram.all();
        assertThat(all).hasSizeGreaterThanOrEqualTo(PROGRAMS_MIN);
        assertThat(all).extracting(HostileProgram::toString).doesNotHaveDuplicates();
        assertThat(all).extracting(HostileProgram::code).doesNotHaveDuplicates();
        assertThat(all)
                .filteredOn(program -> program.header().isInShortTier())
                .hasSize(SHORT)
                .extracting(HostileProgram::group)
                .containsAll(HostileProgram.GROUPS);
    }

    @ParameterizedTest
    @EnumSource(Language.class)
    void everyLanguageHasItsShare(Language language) {
        assertThat(HostileProgram.all())
                .filteredOn(program -> program.language() == language)
                .hasSizeGreaterThanOrEqualTo(5);
    }

    @Test
    void everyProgramDeclaresItsPromise() throws IOException {
        String security = Files.readString(CommandLineRun.home().resolve("docs/design/security-tests.md"));
        assertThat(HostileProgram.all()).allSatisfy(program -> {
            assertThat(program.id()).matches("[a-z0-9]+(_[a-z0-9]+)*");
            assertThat(program.header().title()).endsWith(".").hasSizeBetween(20, 120);
            assertThat(program.code().lines().count()).isLessThanOrEqualTo(LINES_MAX);
            assertThat(security).contains("\n| " + program.header().promise() + " |");
        });
    }

    @Test
    void documentListsThesePrograms() throws IOException {
        List<HostileProgram> all = HostileProgram.all();
        List<String> lines = Files.readAllLines(CommandLineRun.home().resolve("docs/design/security-tests.md"));
        assertThat(lines).contains(HostileReport.BEGIN, HostileReport.END);
        List<String> table = lines.subList(lines.indexOf(HostileReport.BEGIN) + 1, lines.indexOf(HostileReport.END));
        assertThat(table.stream().map(HostileProgramsTest::withoutContained))
                .as("./neurovisor test --area hostile --record writes it")
                .isEqualTo(HostileReport.table(all, all).stream()
                        .map(HostileProgramsTest::withoutContained)
                        .toList());
    }

    /** Returns a row without the column that a run fills in. */
    private static String withoutContained(String row) {
        String[] cells = row.split("\\|", -1);
        assertThat(cells).as(row).hasSize(6);
        return cells[1] + "|" + cells[2] + "|" + cells[4];
    }

    static Stream<String> nothingToObjectTo() {
        return Stream.of("REFUSED mount EPERM", "REFUSED mount ENOSYS");
    }

    @Test
    void reportedRefusalIsContainment() {
        HostileHeader header = header("# @refused mount EPERM ENOSYS");
        assertThat(nothingToObjectTo())
                .allSatisfy(said -> assertThat(
                                HostileJudge.objections(header, ended(Outcome.COMPLETED, said + "\n", "")))
                        .isEmpty());
    }

    @ParameterizedTest
    @CsvSource({
        "'',line 1 is ''",
        "REFUSED mount EACCES,line 1 is",
        "REFUSED mount EPERM and more,line 1 is",
        "ESCAPED mount 0,it says: ESCAPED mount 0",
        "'REFUSED mount EPERM\nREFUSED other EPERM',unexpected: REFUSED other EPERM",
        "'REFUSED mount EPERM\nESCAPED other',it says: ESCAPED other"
    })
    void silenceIsNotContainment(String said, String objection) {
        FinishedProgram end = ended(Outcome.COMPLETED, said.isEmpty() ? "" : said + "\n", "");
        assertThat(HostileJudge.objections(header("# @refused mount EPERM"), end))
                .anySatisfy(found -> assertThat(found).contains(objection));
    }

    @Test
    void rejectsUnexpectedEndsAndReportedEscapes() {
        HostileHeader header = header("# @line begun\n# @outcome TIMED_OUT");
        assertThat(HostileJudge.objections(header, ended(Outcome.TIMED_OUT, "begun\n", "")))
                .isEmpty();
        assertThat(HostileJudge.objections(header, ended(Outcome.COMPLETED, "begun\n", "")))
                .containsExactly("it ended as COMPLETED, not as TIMED_OUT");
        assertThat(HostileJudge.objections(header, ended(Outcome.TIMED_OUT, "begun\n", "x ESCAPED\n")))
                .containsExactly("it says: x ESCAPED");
        assertThat(HostileJudge.objections(header("# @bytes 6"), ended(Outcome.COMPLETED, "begun", "")))
                .containsExactly("it printed 5 bytes, not 6");
        assertThat(HostileJudge.objections(header("# @line begun\n# @exit 3"), ended(Outcome.COMPLETED, "begun", "")))
                .containsExactly("its exit code is 0, not 3");
        assertThat(HostileJudge.objections(header("# @line begun\n# @left 1"), ended(Outcome.COMPLETED, "begun", "")))
                .containsExactly("it left 0 processes, not 1");
        assertThat(HostileJudge.objections(header("# @line begun\n# @killed x"), ended(Outcome.COMPLETED, "begun", "")))
                .containsExactly("the kernel killed '' because of its memory");
    }

    @Test
    void returnsOnlyTheNamedFiles() {
        FinishedProgram end = ended(Outcome.COMPLETED, "made\n", "");
        end.sink().file("passwd", StandardCharsets.UTF_8.encode("root"), true);
        assertThat(HostileJudge.objections(header("# @line made"), end))
                .containsExactly("the files [passwd] were returned, not []");
        assertThat(HostileJudge.objections(header("# @line made\n# @file passwd\n# @skipped is a socket"), end))
                .containsExactly("files were left for being [], not [is a socket]");
        assertThat(HostileJudge.objections(header("# @line made\n# @files 1"), end))
                .isEmpty();
        assertThat(HostileJudge.objections(header("# @line made\n# @files 2"), end))
                .containsExactly("1 files were returned, not 2");
    }

    @Test
    void rejectsEqualRandomValues() {
        FinishedProgram one = ended(Outcome.COMPLETED, "DRAWN 1\nDRAWN 2\nleft\n", "");
        FinishedProgram other = ended(Outcome.COMPLETED, "DRAWN 3\nDRAWN 2\nleft\n", "");
        assertThat(HostileJudge.shared(one, other)).containsExactly("both machines have DRAWN 2");
    }

    @ParameterizedTest
    @CsvSource({
        "# @frobnicate,@frobnicate is no directive",
        "# @refused mount,names no error",
        "# @env NAME,no pair",
        "# @layer 7,no layer is called 7",
        "# Nothing,nothing that it prints"
    })
    void aMistakeInAHeaderIsNamed(String line, String message) {
        assertThatThrownBy(() -> header(line))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    private static HostileHeader header(String lines) {
        return new HostileHeader(HEADER + lines + "\n", "#");
    }

    private static FinishedProgram ended(Outcome outcome, String stdout, String stderr) {
        RecordingSink sink = new RecordingSink();
        sink.stdout(StandardCharsets.UTF_8.encode(stdout));
        sink.stderr(StandardCharsets.UTF_8.encode(stderr));
        List<SkippedFile> skipped = List.of();
        ProgramExit exit = new ProgramExit(
                outcome,
                0,
                0,
                Duration.ZERO,
                false,
                false,
                new ProgramExit.Details("", 0, skipped, 0, Interpreter.WARM));
        return new FinishedProgram(
                new ExecutionResult(
                        new TraceId(UUID.randomUUID()),
                        exit,
                        new VmId("vm-1"),
                        Optional.empty(),
                        List.of(),
                        Duration.ZERO,
                        Duration.ZERO,
                        ""),
                sink);
    }
}
