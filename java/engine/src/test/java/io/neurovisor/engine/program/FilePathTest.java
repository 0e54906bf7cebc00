package io.neurovisor.engine.program;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FilePathTest {
    @ParameterizedTest
    @ValueSource(strings = {"a", "a/b/c.txt", ".hidden", "...", "gr\u00fcn", "a b", "-rf", "a:b"})
    void acceptsPlainNames(String path) {
        assertThat(FilePath.problem(path)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/a",
                "a/",
                "a//b",
                ".",
                "..",
                "../a",
                "a/../b",
                "a/.",
                "a\nb",
                "a\0b",
                "\u001b[2J",
                "a\u0085",
                "\ud800"
            })
    void rejectsOtherNames(String path) {
        assertThat(FilePath.problem(path)).isPresent();
    }

    @Test
    void countsLengthInBytes() {
        assertThat(FilePath.problem("\u00fc".repeat(127))).isEmpty();
        assertThat(FilePath.problem("\u00fc".repeat(128))).contains("has a part that is too long");
        assertThat(FilePath.problem("a/".repeat(2000) + "a")).contains("is too long");
    }

    @Test
    void showsOneShortPrintableLine() {
        assertThat(FilePath.shown("a\n\u001b[31mb")).isEqualTo("a\\u000a\\u001b[31mb");
        assertThat(FilePath.shown("x".repeat(1000))).hasSize(81);
    }
}
