package io.neurovisor.cli.screen;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.program.Language;
import java.time.Duration;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStyle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class HighlightingTest {
    /** Expected: c, s, n or w for each character of a comment, string, number or keyword, and a dot for others. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "PYTHON|for i in 10: # no|www...ww.nn..cccc",
                "PYTHON|s = '''a\\n#b''' + x1|....sssssssssss.....",
                "PYTHON|'it\\'s' or \"x|sssssss.ww.ss",
                "BASH|echo ${a#b} # c|............ccc",
                "BASH|if '\\' then|ww.sss.wwww",
                "JAVASCRIPT|let a=`1//2` // x|www...ssssss.cccc",
                "GO|/* a */ func 'x'|ccccccc.wwww.sss",
                "RUST|fn a<'b>('c', '\\n')|ww.......sss..ssss.",
            })
    void coloursTokensByKind(String language, String code, String expected) {
        assertThat(kinds(Highlighting.of(Language.valueOf(language), code))).hasSameSizeAs(code);
        assertThat(kinds(Highlighting.of(Language.valueOf(language), code)).replaceAll("\\.+$", ""))
                .isEqualTo(expected.replaceAll("\\.+$", ""));
    }

    @ParameterizedTest
    @EnumSource(Language.class)
    void keepsHostileTextUnchanged(Language language) {
        String hostile = "\"\\".repeat(50_000) + "'''`/*#\n'".repeat(50_000) + "\uD83D\uDE00é日";
        assertThat(org.junit.jupiter.api.Assertions.assertTimeoutPreemptively(
                                Duration.ofMinutes(1), () -> Highlighting.of(language, hostile))
                        .toString())
                .isEqualTo(hostile);
    }

    @Test
    void unterminatedTokensEndWithTheText() {
        assertThat(Highlighting.of(Language.GO, "`a\n/*").toString()).isEqualTo("`a\n/*");
    }

    private static String kinds(AttributedString text) {
        StringBuilder kinds = new StringBuilder();
        for (int index = 0; index < text.length(); index++) {
            AttributedStyle style = text.styleAt(index);
            kinds.append(
                    style.equals(AttributedStyle.DEFAULT.faint())
                            ? 'c'
                            : style.equals(AttributedStyle.DEFAULT.foreground(AttributedStyle.GREEN))
                                    ? 's'
                                    : style.equals(AttributedStyle.DEFAULT.foreground(AttributedStyle.YELLOW))
                                            ? 'n'
                                            : style.equals(AttributedStyle.DEFAULT) ? '.' : 'w');
        }
        return kinds.toString();
    }
}
