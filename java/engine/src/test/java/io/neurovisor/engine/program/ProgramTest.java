package io.neurovisor.engine.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
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
