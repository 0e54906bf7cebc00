package io.neurovisor.cli.help;

import java.util.List;
import org.apache.commons.lang3.StringUtils;
import org.apache.commons.text.WordUtils;

/** Lays out text of a help. Lines are broken at blanks only, so that a path or a URL stays in one piece. */
final class HelpText {
    private HelpText() {}

    /** Returns the lines of a text. A word that is longer than {@code width} has its own line. */
    static List<String> lines(String text, int width) {
        return WordUtils.wrap(StringUtils.normalizeSpace(text), width, "\n", false)
                .lines()
                .toList();
    }

    /**
     * Returns a name with its description in a second column, which begins on the next line if the name is long.
     *
     * @param styled the name as it is printed, with colours
     * @param plain the name without colours
     */
    static String entry(String styled, String plain, String description, int column, int width) {
        StringBuilder text = new StringBuilder("  ").append(styled);
        int used = 2 + plain.length();
        if (used + 2 > column) {
            text.append(System.lineSeparator());
            used = 0;
        }
        for (String line : lines(description, width - column)) {
            text.append(" ".repeat(column - used)).append(line).append(System.lineSeparator());
            used = 0;
        }
        return text.toString();
    }
}
