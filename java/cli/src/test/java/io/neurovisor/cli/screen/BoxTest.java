package io.neurovisor.cli.screen;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jline.utils.AttributedString;
import org.junit.jupiter.api.Test;

final class BoxTest {
    @Test
    void wrapsLongLines() {
        assertThat(rows(new Box(14, 4).around("stdout", new AttributedString("one\n\n1234567890abc\nx\ny"))))
                .containsExactly(
                        "╭─ stdout ───╮",
                        "│ one        │",
                        "│            │",
                        "│ 1234567890 │",
                        "│ abc        │",
                        "╰─ 2 more lines ╯");
    }

    @Test
    void countsWideCharactersTwice() {
        List<AttributedString> box = new Box(20, 4).around("a", new AttributedString("日本語\nabc"));
        assertThat(box).allSatisfy(row -> assertThat(row.columnLength()).isEqualTo(20));
    }

    @Test
    void emptyTextIsAnEmptyLine() {
        assertThat(rows(new Box(10, 4).around("a", AttributedString.EMPTY)))
                .containsExactly("╭─ a ────╮", "│        │", "╰────────╯");
    }

    private static List<String> rows(List<AttributedString> box) {
        return box.stream().map(AttributedString::toString).toList();
    }
}
