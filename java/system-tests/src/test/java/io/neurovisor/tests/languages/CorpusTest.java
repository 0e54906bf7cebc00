package io.neurovisor.tests.languages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.program.Interpreter;
import io.neurovisor.engine.program.Language;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests that the corpus is large enough and well-formed. */
final class CorpusTest {
    private static final int PROGRAMS_MIN = 65;
    private static final int LINES_MAX = 50;

    static Stream<Language> languages() {
        return CorpusProgram.LANGUAGES.stream();
    }

    @ParameterizedTest
    @MethodSource("languages")
    void everyLanguageHasEnoughPrograms(Language language) {
        assertThat(CorpusProgram.all(language)).hasSizeGreaterThanOrEqualTo(PROGRAMS_MIN);
    }

    @ParameterizedTest
    @MethodSource("languages")
    void everyProgramIsSmall(Language language) {
        assertThat(CorpusProgram.all(language)).allSatisfy(program -> {
            assertThat(program.name()).matches("[a-z]+(_[a-z]+)+");
            assertThat(program.header().title()).endsWith(".").hasSizeBetween(20, 120);
            assertThat(program.code().lines().count()).isLessThanOrEqualTo(LINES_MAX);
            assertThat(program.with(Interpreter.PLAIN).code()).isEqualTo(program.code());
        });
        assertThat(CorpusProgram.all(language))
                .extracting(program -> program.header().title())
                .doesNotHaveDuplicates();
        assertThat(CorpusProgram.all(language)).extracting(CorpusProgram::code).doesNotHaveDuplicates();
    }

    @Test
    void headerDeclaresTheInputsAndTheExpectedResult() {
        CorpusHeader header = new CorpusHeader("""
                # A title.
                # @args "a b" "" "tab\\t\\"quoted\\""
                # @env NAME=a=b
                # @env EMPTY=
                # @stdin
                # | first
                # |
                # |  indented
                # Words for readers.
                # @file sub/data.txt
                # | content ü
                # @file empty.txt
                # @exit 7
                # @plain
                # @stdout
                # | out
                print()
                # @exit 8
                """, "#");
        assertThat(header.title()).isEqualTo("A title.");
        assertThat(header.arguments()).containsExactly("a b", "", "tab\t\"quoted\"");
        assertThat(header.environment()).containsEntry("NAME", "a=b").containsEntry("EMPTY", "");
        assertThat(StandardCharsets.UTF_8.decode(header.stdin()).toString()).isEqualTo("first\n\n indented\n");
        assertThat(header.files())
                .extracting(file -> file.path() + ":" + StandardCharsets.UTF_8.decode(file.content()))
                .isEqualTo(List.of("sub/data.txt:content ü\n", "empty.txt:"));
        assertThat(header.exitCode()).isEqualTo(7);
        assertThat(header.isPlain()).isTrue();
        assertThat(header.stream("stdout")).contains("out\n");
        assertThat(header.stream("stderr")).isEmpty();
    }

    @Test
    void reportsSignalsAsShellsDo() {
        CorpusHeader header =
                new CorpusHeader("#!/usr/bin/env node\n// A title.\n// @signal 15\n// @stdin-hex 00ff\n", "//");
        assertThat(header.title()).isEqualTo("A title.");
        assertThat(header.signal()).isEqualTo(15);
        assertThat(header.exitCode()).isEqualTo(143);
        assertThat(header.stdin().remaining()).isEqualTo(2);
        assertThat(header.stdin().get(1)).isEqualTo((byte) 0xff);
    }

    @ParameterizedTest
    @CsvSource({
        "# @frobnicate,@frobnicate is no directive",
        "# | lost,a block line without a block",
        "# @exit many,many",
        "# @args plain,not quoted",
        "# @env NAME,no NAME=value",
        "'# @stdin\n# @stdin',given twice"
    })
    void aMistakeInAHeaderIsNamed(String line, String message) {
        assertThatThrownBy(() -> new CorpusHeader("# A title.\n" + line + "\n", "#"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
