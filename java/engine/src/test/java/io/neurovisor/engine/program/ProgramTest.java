package io.neurovisor.engine.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ProgramTest {
    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\n\t"})
    void rejectsEmptyCode(String code) {
        assertThatThrownBy(() -> new Program(Language.PYTHON, code)).hasMessageContaining("code is empty");
    }

    @Test
    void allowsEightMebibytesOfCode() {
        String largest = "#".repeat(Program.MAX_CODE_BYTES);
        assertThat(new Program(Language.PYTHON, largest).code()).hasSize(Program.MAX_CODE_BYTES);
        assertThatThrownBy(() -> new Program(Language.PYTHON, largest + "#")).hasMessageContaining("8388609 bytes");
    }

    @Test
    void limitCountsBytes() {
        String twoBytesEach = "é".repeat(Program.MAX_CODE_BYTES / 2 + 1);
        assertThatThrownBy(() -> new Program(Language.PYTHON, twoBytesEach)).hasMessageContaining("8388610 bytes");
    }

    @Test
    void rejectsNulInArguments() {
        assertThatThrownBy(() -> new Program(Language.BASH, "x", List.of("a\0b")))
                .hasMessageContaining("NUL");
    }

    @Test
    void rejectsNulInCode() {
        assertThatThrownBy(() -> new Program(Language.PYTHON, "print(1)\0")).hasMessageContaining("NUL");
    }

    @Test
    void hidesValuesOfVariablesInErrors() {
        for (String name : List.of("", "A=B", "A\0")) {
            assertThatThrownBy(() -> with(Map.of(name, "secret"), 0, List.of()))
                    .hasMessageContaining("environment variable")
                    .hasMessageNotContaining("secret");
        }
        assertThatThrownBy(() -> with(Map.of("TOKEN", "sec\0ret"), 0, List.of()))
                .hasMessageContaining("TOKEN")
                .hasMessageNotContaining("ret");
        assertThat(with(Map.of("TOKEN", "secret"), 0, List.of()).toString()).doesNotContain("secret", "true");
    }

    @Test
    void filesShareTheirLimitWithInput() {
        InputFile half = new InputFile("half", ByteBuffer.allocate(32 << 20), false);
        assertThat(with(Map.of(), 32 << 20, List.of(half)).files()).containsExactly(half);
        assertThatThrownBy(() -> with(Map.of(), (32 << 20) + 1, List.of(half)))
                .hasMessageContaining("67108865 bytes and at most 67108864");
    }

    @Test
    void limitsTheNumberOfFiles() {
        List<InputFile> files = IntStream.rangeClosed(0, 1000)
                .mapToObj(i -> new InputFile("f" + i, ByteBuffer.allocate(0), false))
                .toList();
        assertThat(with(Map.of(), 0, files.subList(0, 1000)).files()).hasSize(1000);
        assertThatThrownBy(() -> with(Map.of(), 0, files)).hasMessageContaining("1001 files");
        assertThatThrownBy(() -> with(Map.of(), 0, List.of(files.get(0), files.get(0))))
                .hasMessageContaining("\"f0\" is given twice");
    }

    @Test
    void rejectsFilesThatCannotExistTogether() {
        assertRejected("\"a/b\" needs a directory \"a\", which is also given as a file", "a", "a/b");
        assertRejected("\"a/b\" needs a directory \"a\"", "a/b", "a.b", "a!", "a");
        assertRejected("\"main.sh\" is the name of the program's own file", "main.sh");
        assertRejected("\"main.sh/a\" needs a directory \"main.sh\"", "main.sh/a");
        assertThat(with(Map.of(), 0, files("a/b", "a.b", "a!/c", "main.py")).files())
                .hasSize(4);
    }

    private static void assertRejected(String problem, String... paths) {
        assertThatThrownBy(() -> with(Map.of(), 0, files(paths)))
                .hasMessageContaining("file path " + problem)
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.argument()).isEqualTo("files"));
    }

    private static List<InputFile> files(String... paths) {
        return Stream.of(paths)
                .map(path -> new InputFile(path, ByteBuffer.allocate(0), false))
                .toList();
    }

    @Test
    void limitsArgumentsAndVariablesAsLinuxDoes() {
        String longest = "x".repeat((128 << 10) - 1);
        assertThat(new Program(Language.BASH, "true", List.of(longest)).arguments())
                .hasSize(1);
        assertThatThrownBy(() -> new Program(Language.BASH, "true", List.of(longest + "x")))
                .hasMessageContaining("an argument has 131072 bytes and at most 131071");
        assertThatThrownBy(() -> with(Map.of("TOKEN", longest), 0, List.of()))
                .hasMessageContaining("environment variable TOKEN has 131077 bytes")
                .hasMessageNotContaining("xx");
        assertThat(with(variables(20_000, 20), 0, List.of()).environment()).hasSize(20_000);
        assertThatThrownBy(() -> with(variables(20_000, 100), 0, List.of()))
                .hasMessageContaining("20000 arguments and variables take 2300000 bytes and at most 2080768");
    }

    /** Returns variables whose names have 5 bytes. */
    private static Map<String, String> variables(int count, int valueBytes) {
        return IntStream.range(0, count)
                .boxed()
                .collect(Collectors.toMap("%05d"::formatted, _ -> "x".repeat(valueBytes)));
    }

    private static Program with(Map<String, String> environment, int stdinBytes, List<InputFile> files) {
        return new Program(
                Language.BASH,
                "true",
                List.of(),
                environment,
                ByteBuffer.allocate(stdinBytes),
                files,
                Interpreter.WARM);
    }
}
