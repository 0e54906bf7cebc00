package io.neurovisor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Wrong input is rejected with one line and the right exit code, before a machine is started. */
final class BadInputTest {
    @TempDir
    Path directory;

    static Stream<Arguments> wrongUses() {
        return Stream.of(
                wrong("language \"perl\" is not known; use one of python, bash", "run", "-l", "perl", "-c", "1"),
                wrong("unknown option '--frobnicate'", "run", "--frobnicate", "-l", "bash", "-c", "1"),
                wrong(
                        "--size: \"huge\" is not allowed; use small, medium or large",
                        "run",
                        "--size",
                        "huge",
                        "-l",
                        "bash",
                        "-c",
                        "1"),
                wrong("/nowhere/a.py cannot be read: no such file", "run", "/nowhere/a.py"),
                wrong("/ cannot be read: it is a directory", "run", "-l", "python", "/"),
                wrong("code is empty", "run", "-l", "python", "-c", ""),
                wrong(
                        "--timeout: \"0\" is not allowed; use a time from 1s to 24h",
                        "run",
                        "--timeout",
                        "0",
                        "-l",
                        "bash",
                        "-c",
                        "1"),
                wrong(
                        "--timeout: \"-1\" is not allowed; use a time from 1s to 24h",
                        "run",
                        "--timeout=-1",
                        "-l",
                        "bash",
                        "-c",
                        "1"),
                wrong(
                        "--timeout: \"1000h\" is not allowed; use a time from 1s to 24h",
                        "run",
                        "--timeout",
                        "1000h",
                        "-l",
                        "bash",
                        "-c",
                        "1"),
                wrong(
                        "--snapshot: \"maybe\" is not allowed; use on or off",
                        "run",
                        "--snapshot=maybe",
                        "-l",
                        "bash",
                        "-c",
                        "1"),
                wrong("the program's language is not given", "run", "-c", "print(1)"),
                wrong("no program given", "run"),
                wrong("Image name \"../base\" is not allowed", "image", "rm", "../base"),
                wrong("template \"abcd\" does not exist", "template", "rm", "abcd"),
                wrong(
                        "--kernel: \"tiny\" is not allowed; use auto, debian or small",
                        "run",
                        "--kernel",
                        "tiny",
                        "-l",
                        "bash",
                        "-c",
                        "1"),
                wrong("unknown option '--frobnicate'", "--frobnicate"),
                wrong("unknown command 'frobnicate'", "frobnicate"),
                wrong("unexpected argument 'x'", "doctor", "x"));
    }

    @ParameterizedTest
    @MethodSource("wrongUses")
    void namesTheProblem(String message, String[] arguments) {
        CommandRun run = CommandRun.of(arguments);
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.stdout()).isEmpty();
        assertThat(run.stderr()).startsWith("neurovisor: ").contains(message).doesNotContain("\tat ");
    }

    @Test
    void namesFilesThatCannotBePassed() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "");
        Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("file"));
        assertRefused("is a symbolic link", "--file", link.toString());
        assertRefused("\"../x\" has a part that is", "--file", file + ":../x");
        assertRefused("has a control character", "--file", file + ":a\nb");
        assertRefused("no such file", "--file", directory.resolve("missing").toString());
        assertRefused("is not a directory", "--out", file.toString());
        try (RandomAccessFile big = new RandomAccessFile(file.toFile(), "rw")) {
            big.setLength(65L << 20);
        }
        assertRefused("68157440 bytes and at most 67108864", "--file", file.toString());
    }

    @Test
    void rejectsTooManyFiles() throws IOException {
        Path many = Files.createDirectory(directory.resolve("many"));
        for (int i = 0; i <= 1000; i++) {
            Files.createFile(many.resolve("f" + i));
        }
        assertRefused("more than 1000 files", "--file", many.toString());
    }

    @Test
    void namesCodeThatCannotBePassed() throws IOException {
        Path program = directory.resolve("program.py");
        Files.write(program, new byte[] {'#', (byte) 0xff});
        assertUsage(CommandRun.of("run", program.toString()), "program.py is not UTF-8 text");
        Files.writeString(program, "print(1)\0");
        assertUsage(CommandRun.of("run", program.toString()), "code holds a NUL byte");
        Files.writeString(program, "#".repeat(9 << 20));
        assertUsage(CommandRun.of("run", program.toString()), "at most 8388608 (8 MiB) are allowed");
    }

    @Test
    void namesInvalidVariablesWithoutTheirValues() {
        assertRefused("--env NOT_THERE_AT_ALL: the variable is not set here", "--env", "NOT_THERE_AT_ALL");
        CommandRun run = CommandRun.of("run", "--env", "=secret", "-l", "bash", "-c", "1");
        assertUsage(run, "--env needs a name");
        assertThat(run.stderr()).doesNotContain("secret");
    }

    @Test
    void rejectsStandardInputAsProgramWithStdin() {
        assertUsage(CommandRun.of("run", "--stdin", "-l", "bash", "-"), "standard input cannot be both");
    }

    private static void assertRefused(String message, String... options) {
        String[] arguments = Stream.concat(
                        Stream.concat(Stream.of("run"), Stream.of(options)), Stream.of("-l", "bash", "-c", "true"))
                .toArray(String[]::new);
        assertUsage(CommandRun.of(arguments), message);
    }

    private static void assertUsage(CommandRun run, String message) {
        assertThat(run.exitCode()).as(run.stderr()).isEqualTo(2);
        assertThat(run.stdout()).isEmpty();
        assertThat(run.stderr()).startsWith("neurovisor: ").contains(message).doesNotContain("\tat ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"size: [", "sise: large", "size: huge\nsize: small", "a: &a [x]\nb: [*a, *a]"})
    void namesTheLineOfAWrongSettingsFile(String yaml) throws IOException {
        Path file = Files.writeString(directory.resolve("c.yaml"), yaml);
        assertUsage(CommandRun.of("run", "--config", file.toString(), "-l", "bash", "-c", "1"), file.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"gc", "uninstall"})
    void leavesForeignDirectoriesAlone(String command) throws IOException {
        Path thesis = Files.createFile(directory.resolve("thesis.tex"));
        CommandRun run = CommandRun.of(command, "--data-dir", directory.toString());
        assertThat(run.exitCode()).as(run.stderr()).isEqualTo(2);
        assertThat(thesis).exists();
    }

    @ParameterizedTest
    @CsvSource({
        "NEUROVISOR_SIZE,huge,NEUROVISOR_SIZE: \"huge\" is not allowed",
        "NEUROVISOR_SNAPSHOT,maybe,NEUROVISOR_SNAPSHOT: \"maybe\" is not allowed"
    })
    void namesProblemsOfTheEnvironment(String variable, String value, String message) {
        CommandRun run = CommandRun.of(Map.of(variable, value), "run", "-l", "bash", "-c", "1");
        assertThat(run.exitCode()).as(run.stderr()).isEqualTo(2);
        assertThat(run.stderr()).contains(message);
    }

    @Test
    void debugPrintsTheStackTrace() {
        CommandRun run = CommandRun.of("run", "--debug", "-l", "perl", "-c", "1");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.stderr()).contains("\tat io.neurovisor.", "language \"perl\" is not known");
    }

    private static Arguments wrong(String message, String... arguments) {
        return Arguments.of(message, arguments);
    }
}
