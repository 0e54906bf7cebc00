package io.neurovisor.cli.help;

import java.util.ArrayList;
import java.util.List;

/** Lays out text of a help. Lines are broken at blanks only, so that a path or a URL stays in one piece. */
final class HelpText {
    private HelpText() {}

    /** Returns the lines of a text. A word that is longer than {@code width} has a line of its own. */
    static List<String> lines(String text, int width) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.strip().split("\\s+")) {
            if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
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
