package io.neurovisor.tests.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.InputFile;
import io.neurovisor.engine.program.Interpreter;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.program.SkippedFile;
import io.neurovisor.testkit.GrowingTimeout;
import io.neurovisor.tests.fixtures.FinishedProgram;
import io.neurovisor.tests.fixtures.OpenedNeuroVisor;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The outcomes of hostile programs in a real microVM, and the files that they return. */
final class OutcomeIT {
    private static OpenedNeuroVisor neuroVisor;

    @BeforeAll
    static void open() {
        neuroVisor = OpenedNeuroVisor.open();
    }

    @AfterAll
    static void close() {
        neuroVisor.close();
    }

    @ShortTier
    @Test
    void reportsTheKilledProcess() throws IOException {
        FinishedProgram end = run("memory-hog.py", Duration.ofMinutes(2));
        ProgramExit exit = end.result().exit();
        assertThat(exit.outcome()).as(end.describe()).isEqualTo(Outcome.OUT_OF_MEMORY);
        assertThat(exit.exitCode()).isEqualTo(137);
        assertThat(exit.signal()).isEqualTo(9);
        assertThat(exit.details().killedProcess()).isEqualTo("a\\n) total-vm:\\u{1b}");
        assertThat(end.stdout()).isEqualTo("allocating\n");
        assertThat(text(end, "kept")).isEqualTo("kept");
    }

    /** With too little memory for mapped files, some of these runs would read the same files again and again until their timeout. */
    @Test
    void eachProgramThatFillsItsMemoryIsKilled() throws IOException {
        for (int run = 0; run < 20; run++) {
            FinishedProgram end = run("memory-hog.py", Duration.ofMinutes(1));
            assertThat(end.result().outcome()).as(end.describe()).isEqualTo(Outcome.OUT_OF_MEMORY);
        }
    }

    @Test
    void reportsAChildKilledForMemory() throws IOException {
        FinishedProgram end = run("memory-hog-child.py", Duration.ofMinutes(2));
        ProgramExit exit = end.result().exit();
        assertThat(exit.outcome()).as(end.describe()).isEqualTo(Outcome.COMPLETED);
        assertThat(exit.exitCode()).isZero();
        assertThat(exit.details().killedProcess()).startsWith("python3");
        assertThat(end.stdout()).isEqualTo("child ended with -9\n");
    }

    @ShortTier
    @Test
    void executionEndsWithItsMainProcess() throws IOException {
        FinishedProgram end = run("daemons.sh", Duration.ofMinutes(2));
        ProgramExit exit = end.result().exit();
        assertThat(exit.outcome()).as(end.describe()).isEqualTo(Outcome.COMPLETED);
        assertThat(exit.exitCode()).isEqualTo(5);
        assertThat(exit.details().backgroundProcesses()).isEqualTo(4);
        assertThat(exit.duration()).isLessThan(Duration.ofSeconds(60));
        assertThat(end.stdout()).isEqualTo("0".repeat(60_000));
        assertThat(end.files()).isEmpty();
        assertThat(exit.details().skippedFiles()).containsExactly(new SkippedFile("", "is a symbolic link"));
    }

    @Test
    void killsAForkBombAsAWhole() throws IOException {
        FinishedProgram end = timedOut("fork-bomb.sh", Duration.ofSeconds(4));
        assertThat(end.result().outcome()).as(end.describe()).isEqualTo(Outcome.TIMED_OUT);
        assertThat(end.result().detail()).as("the guest ends it by itself").isEmpty();
        assertThat(end.result().exit().signal()).isEqualTo(9);
        assertThat(end.stdout()).isEqualTo("started\n");
        assertThat(text(end, "kept")).isEqualTo("result\n");
    }

    @ShortTier
    @Test
    void skipsInvalidOutputFilesWithAReason() throws IOException {
        FinishedProgram end = run("hostile-tree.py", Duration.ofMinutes(2));
        assertThat(end.result().outcome()).as(end.describe()).isEqualTo(Outcome.COMPLETED);
        assertThat(end.stdout()).as(end.describe()).isEqualTo("no devices\ndone\n");
        assertThat(end.files()).containsOnlyKeys("closed/file", "closed file", "good", "hard link");
        assertThat(text(end, "closed/file")).isEqualTo("closed/file");
        assertThat(text(end, "hard link")).isEqualTo("good");

        ProgramExit.Details details = end.result().exit().details();
        assertThat(details.skippedFilesCount()).isEqualTo(9 + 11_000);
        assertThat(details.skippedFiles())
                .hasSize(16)
                .extracting(SkippedFile::reason)
                .startsWith(
                        "has a control character",
                        "is not Unicode text",
                        "lies too deep",
                        "has a control character",
                        "is a named pipe",
                        "is a symbolic link",
                        "is a symbolic link",
                        "is a socket",
                        "exceeds the limit of 64 MiB of returned files",
                        "has more entries than are examined");
        assertThat(details.skippedFiles())
                .extracting(SkippedFile::path)
                .startsWith("a\\nb", "c\\xff")
                .contains("e\\u{1b}[2J", "sparse", "zoo", "zoo/00000");
    }

    @ShortTier
    @Test
    void returnsOnlyChangedFiles() throws IOException {
        List<InputFile> files = List.of(
                given("out/mapped"),
                given("out/rewritten"),
                given("out/same"),
                given("out/removed"),
                given("elsewhere"));
        FinishedProgram end = run("change-files.py", Duration.ofMinutes(2), files);
        assertThat(end.result().exit().exitCode()).as(end.describe()).isZero();
        assertThat(end.files()).containsOnlyKeys("mapped", "new");
        assertThat(text(end, "mapped")).isEqualTo("Given");
    }

    @Test
    void returnsFilesAfterATimeout() throws IOException {
        FinishedProgram end = timedOut("late-files.py", Duration.ofSeconds(8));
        assertThat(end.result().outcome()).as(end.describe()).isEqualTo(Outcome.TIMED_OUT);
        assertThat(end.result().detail()).as("the guest ends it by itself").isEmpty();
        assertThat(end.stdout()).isEqualTo("written\n");
        assertThat(end.files()).hasSize(16);
        for (Map.Entry<String, byte[]> file : end.files().entrySet()) {
            byte[] expected = new byte[1 << 20];
            Arrays.fill(expected, Byte.parseByte(file.getKey()));
            assertThat(file.getValue()).as(file.getKey()).isEqualTo(expected);
        }
    }

    /** Runs a program until its timeout, which must expire after the program has printed a line. */
    private static FinishedProgram timedOut(String resource, Duration timeout) throws IOException {
        return GrowingTimeout.from(
                timeout, longer -> run(resource, longer), end -> !end.stdout().isEmpty());
    }

    private static FinishedProgram run(String resource, Duration timeout) throws IOException {
        return run(resource, timeout, List.of());
    }

    private static FinishedProgram run(String resource, Duration timeout, List<InputFile> files) throws IOException {
        try (InputStream stream = OutcomeIT.class.getResourceAsStream("outcomes/" + resource)) {
            Program program = new Program(
                    Language.ofFile(resource, "").orElseThrow(),
                    new String(stream.readAllBytes(), StandardCharsets.UTF_8),
                    List.of(),
                    Map.of(),
                    ByteBuffer.allocate(0),
                    files,
                    Interpreter.WARM);
            return neuroVisor.run(program, SandboxSize.SMALL, timeout);
        }
    }

    private static InputFile given(String path) {
        return new InputFile(path, ByteBuffer.wrap("given".getBytes(StandardCharsets.UTF_8)), false);
    }

    private static String text(FinishedProgram end, String path) {
        return new String(end.files().get(path), StandardCharsets.UTF_8);
    }
}
