package io.neurovisor.cli.run;

import static io.neurovisor.cli.run.FakeMachines.bytes;
import static io.neurovisor.cli.run.FakeMachines.exit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.cli.CommandRun;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.InputFile;
import io.neurovisor.engine.program.Interpreter;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.program.SkippedFile;
import io.neurovisor.host.kvm.Accelerator;
import io.neurovisor.testkit.FakeGuest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs {@code run} with the fake VMM. */
final class RunCommandTest {
    private static final ProgramExit FINE = exit(Outcome.COMPLETED, 0);

    @TempDir
    private Path directory;

    @Test
    void inputVariablesArgumentsAndFilesReachTheProgram() throws IOException {
        Files.createDirectories(directory.resolve("data/deep"));
        Files.writeString(directory.resolve("data/deep/numbers"), "1 2 3");
        Path tool = Files.writeString(directory.resolve("tool"), "tool");
        assertThat(tool.toFile().setExecutable(true)).isTrue();
        FakeMachines machines = FakeMachines.ending(FINE);

        CommandRun run = CommandRun.of(
                Map.of("PASSED", "on"),
                "typed\n",
                machines,
                "run",
                "--stdin",
                "-e",
                "GREETING=a=b c",
                "--env",
                "PASSED",
                "--file",
                directory.resolve("data").toString(),
                "--file",
                tool + ":bin/",
                "-l",
                "bash",
                "-c",
                "true",
                "--",
                "a b",
                "--size",
                "\u00fc",
                "");

        assertThat(run.exitCode()).as(run.stderr()).isZero();
        Program program = machines.request().program();
        assertThat(text(program.stdin())).isEqualTo("typed\n");
        assertThat(program.environment()).isEqualTo(Map.of("GREETING", "a=b c", "PASSED", "on"));
        assertThat(program.arguments()).containsExactly("a b", "--size", "\u00fc", "");
        assertThat(program.files())
                .extracting(InputFile::path, file -> text(file.content()), InputFile::executable)
                .containsExactlyInAnyOrder(tuple("data/deep/numbers", "1 2 3", false), tuple("bin/tool", "tool", true));
        assertThat(program.interpreter()).isEqualTo(Interpreter.WARM);
    }

    @Test
    void standardInputNeedsItsOption() {
        FakeMachines machines = FakeMachines.ending(FINE);
        CommandRun run = CommandRun.of(Map.of(), "typed\n", machines, "run", "--plain", "-l", "bash", "-c", "cat");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(machines.request().program().stdin().remaining()).isZero();
        assertThat(machines.request().program().interpreter()).isEqualTo(Interpreter.PLAIN);
    }

    @Test
    void readsTheProgramFromStandardInput() {
        FakeMachines machines = FakeMachines.ending(FINE);
        CommandRun run = CommandRun.of(Map.of(), "print(1)", machines, "run", "-l", "python", "-");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(machines.request().program().code()).isEqualTo("print(1)");
    }

    @ParameterizedTest
    @CsvSource({"echo.py,print(1),PYTHON", "script,#!/usr/bin/env bash,BASH", "main.rs,fn main() {},RUST"})
    void languageComesFromTheSuffixOrTheInterpreterLine(String name, String code, Language language)
            throws IOException {
        Path file = Files.writeString(directory.resolve(name), code);
        FakeMachines machines = FakeMachines.ending(FINE);
        CommandRun run = CommandRun.of(Map.of(), "", machines, "run", file.toString(), "--", "x");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(machines.request().program().language()).isEqualTo(language);
        assertThat(machines.request().program().arguments()).containsExactly("x");
    }

    @Test
    void settingsReachTheRequest() throws IOException {
        Path file = Files.writeString(directory.resolve("c.yaml"), "timeout: 1s\nsize: small\nimage: mine\n");
        Map<String, String> environment = Map.of("NEUROVISOR_CONFIG", file.toString(), "NEUROVISOR_SIZE", "large");
        FakeMachines machines = FakeMachines.ending(exit(Outcome.TIMED_OUT, 137));
        CommandRun run = CommandRun.of(environment, "", machines, "run", "--timeout=2m", "-l", "bash", "-c", "1");
        assertThat(run.exitCode()).isEqualTo(124);
        assertThat(machines.request().timeout()).isEqualTo(Duration.ofMinutes(2));
        assertThat(machines.request().size()).isEqualTo(SandboxSize.LARGE);
        assertThat(machines.request().image()).isEqualTo(Optional.of("mine"));
    }

    @Test
    void streamsAreKeptApartByteForByte() {
        FakeMachines machines = FakeMachines.executing((_, sink) -> {
            sink.stdout(ByteBuffer.wrap(new byte[] {'o', (byte) 0xff, 0}));
            sink.stderr(bytes("err\n"));
            return exit(Outcome.COMPLETED, 7);
        });
        CommandRun run = CommandRun.of(Map.of(), "", machines, "run", "--quiet", "-l", "bash", "-c", "1");
        assertThat(run.stdoutBytes()).isEqualTo(ByteBuffer.wrap(new byte[] {'o', (byte) 0xff, 0}));
        assertThat(run.stderr()).isEqualTo("err\n");
        assertThat(run.exitCode()).isEqualTo(7);
        assertThat(machines.livingCount()).isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            COMPLETED    | 143 | 143 |
            TIMED_OUT    | 137 | 124 | timed out after 30 s; allow more with --timeout
            OUT_OF_MEMORY| 137 | 137 | out of memory in a guest of size medium; allow more with --size
            OUTPUT_LIMIT | 137 | 122 | killed for writing more than 64 MiB of output
            CANCELLED    | 137 | 130 | cancelled
            """)
    void exitCodeTellsTheOutcome(Outcome outcome, int programs, int exitCode, String message) {
        FakeMachines machines = FakeMachines.executing((_, sink) -> {
            sink.stdout(bytes("before\n"));
            return exit(outcome, programs);
        });
        CommandRun run = CommandRun.of(Map.of(), "", machines, "run", "-q", "-l", "bash", "-c", "1");
        assertThat(run.exitCode()).isEqualTo(exitCode);
        assertThat(run.stdout()).isEqualTo("before\n");
        assertThat(run.stderr()).isEqualTo(message == null ? "" : "neurovisor: " + message + "\n");
    }

    @Test
    void warnsOfEmulationInOneShortLine() {
        CommandRun run = CommandRun.of(Map.of(), "", FakeMachines.ending(FINE), "run", "-l", "bash", "-c", "1");
        assertThat(run.stderr().lines())
                .singleElement()
                .satisfies(line -> assertThat(line)
                        .isEqualTo("neurovisor: no KVM: emulation is no security boundary; see ./neurovisor doctor")
                        .hasSizeLessThanOrEqualTo(80));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--quiet", "--log-level=error"})
    void printsNoRemarkAtTheLevelOfErrors(String option) {
        CommandRun run = CommandRun.of(Map.of(), "", FakeMachines.ending(FINE), "run", option, "-l", "bash", "-c", "1");
        assertThat(run.stderr()).isEmpty();
    }

    @Test
    void reportsTheLastMessagesOfADeadMachine() {
        FakeMachines machines = FakeMachines.of(new FakeGuest().dyingWhileExecuting("QEMU was killed by signal 9"));
        CommandRun run = CommandRun.of(Map.of(), "", machines, "run", "-q", "-l", "bash", "-c", "partial");
        assertThat(run.exitCode()).isEqualTo(123);
        assertThat(run.stdout()).isEqualTo("partial");
        assertThat(run.stderr()).isEqualTo("neurovisor: the sandbox died: QEMU was killed by signal 9\n");
    }

    @Test
    void reportsAGuestFailureInOneLine() {
        FakeMachines machines = FakeMachines.of(new FakeGuest().failingExecute(Fault.GUEST_REFUSED, "no interpreter"));
        CommandRun run = CommandRun.of(Map.of(), "", machines, "run", "-q", "-l", "bash", "-c", "1");
        assertThat(run.exitCode()).isEqualTo(125);
        assertThat(run.stderr()).isEqualTo("neurovisor: no interpreter\n");
    }

    @Test
    void savesFilesOnRequest() {
        SkippedFile link = new SkippedFile("link", "is a symbolic link");
        FakeMachines machines = FakeMachines.executing((_, sink) -> {
            sink.file("deep/plot.png", bytes("pl"), false);
            sink.file("deep/plot.png", bytes("ot"), true);
            return exit(Outcome.COMPLETED, 0, new ProgramExit.Details("", 2, List.of(link), 1, Interpreter.WARM));
        });
        Path out = directory.resolve("results");
        CommandRun run = CommandRun.of(Map.of(), "", machines, "run", "--out", out.toString(), "-l", "bash", "-c", "1");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(out.resolve("deep/plot.png")).hasContent("plot");
        assertThat(run.stderr())
                .contains(Accelerator.EMULATION_WARNING, "out/link is a symbolic link: not saved")
                .contains("killed 2 processes that the program had left running");

        FakeMachines again = FakeMachines.executing((_, sink) -> {
            sink.file("deep/plot.png", bytes("plot"), true);
            return FINE;
        });
        assertThat(CommandRun.of(Map.of(), "", again, "run", "-l", "bash", "-c", "1")
                        .stderr())
                .contains("the program wrote out/deep/plot.png; --out DIR saves it");
    }

    @Test
    void explainsThatProgramsHaveNoNetwork() {
        FakeMachines machines = FakeMachines.executing((_, sink) -> {
            sink.stderr(bytes("socket.gaierror: [Errno -2] Name or service not known\n"));
            return exit(Outcome.COMPLETED, 1);
        });
        CommandRun run = CommandRun.of(Map.of(), "", machines, "run", "-l", "bash", "-c", "1");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.stderr())
                .contains("neurovisor: programs have no network; ./neurovisor image build makes an image");
    }

    @Test
    void jsonListsAFileThatCannotBeSaved() throws IOException {
        Path out = directory.resolve("results");
        Files.createDirectories(out.resolve("taken"));
        FakeMachines machines = FakeMachines.executing((_, sink) -> {
            sink.stdout(bytes("computed\n"));
            sink.file("taken", bytes("lost"), true);
            sink.file("plot", bytes("kept"), true);
            return FINE;
        });
        CommandRun run = CommandRun.of(
                Map.of(), "", machines, "run", "-q", "--json", "--out", out.toString(), "-l", "bash", "-c", "1");
        assertThat(run.exitCode()).isEqualTo(125);
        assertThat(run.stderr())
                .isEqualTo("neurovisor: out/taken cannot be written (a directory has that name): not saved\n");
        JsonNode json = new ObjectMapper().readTree(run.stdout());
        assertThat(json.get("stdout").textValue()).isEqualTo("computed\n");
        assertThat(json.get("exit_code").intValue()).isZero();
        assertThat(json.at("/skipped_files/0/path").textValue()).isEqualTo("taken");
        assertThat(json.get("skipped_files_total").intValue()).isEqualTo(1);
        assertThat(json.at("/files/0/path").textValue()).isEqualTo("plot");
        assertThat(out.resolve("plot")).hasContent("kept");
    }

    @Test
    void jsonReplacesTheOutput() throws IOException {
        FakeMachines machines = FakeMachines.executing((_, sink) -> {
            sink.stdout(bytes("gr\u00fcn\n"));
            sink.stderr(ByteBuffer.wrap(new byte[] {(byte) 0xff}));
            sink.file("f", ByteBuffer.wrap(new byte[] {0, 1}), true);
            return exit(Outcome.CANCELLED, 3);
        });
        CommandRun run =
                CommandRun.of(Map.of(), "", machines, "run", "--json=full", "--size=small", "-l", "python", "-c", "1");
        assertThat(run.exitCode()).as(run.stderr()).isEqualTo(130);
        assertThat(run.stdout()).hasLineCount(1);
        JsonNode json = new ObjectMapper().readTree(run.stdout());
        assertThat(json.get("language").textValue()).isEqualTo("python");
        assertThat(json.get("outcome").textValue()).isEqualTo("CANCELLED");
        assertThat(json.get("exit_code").intValue()).isEqualTo(3);
        assertThat(json.get("stdout").textValue()).isEqualTo("gr\u00fcn\n");
        assertThat(json.get("stderr").textValue()).isEqualTo("\ufffd");
        assertThat(json.get("stderr_base64").binaryValue()).isEqualTo(new byte[] {(byte) 0xff});
        assertThat(json.get("size").textValue()).isEqualTo("small");
        assertThat(json.get("vmm_version").textValue()).isEqualTo("1.2.3");
        assertThat(json.at("/files/0/path").textValue()).isEqualTo("f");
        assertThat(json.at("/files/0/content_base64").binaryValue()).isEqualTo(new byte[] {0, 1});
    }

    @Test
    void jsonTakesItsValueAfterAnEqualsSignOnly() throws IOException {
        Path program = Files.writeString(directory.resolve("p.py"), "1");
        FakeMachines machines = FakeMachines.executing((_, _) -> exit(Outcome.COMPLETED, 0));
        CommandRun run = CommandRun.of(Map.of(), "", machines, "run", "--json", program.toString());
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(run.stdout()).contains("\"language\":\"python\"").doesNotContain("vmm_version");
        CommandRun unknown = CommandRun.of("run", "--json=all", program.toString());
        assertThat(unknown.exitCode()).isEqualTo(2);
        assertThat(unknown.stderr()).contains("\"all\" is not allowed; use --json or --json=full");
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }
}
