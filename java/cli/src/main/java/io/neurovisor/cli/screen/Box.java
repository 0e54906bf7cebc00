package io.neurovisor.cli.screen;

import java.util.ArrayList;
import java.util.List;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;

/** Draws a frame around a limited number of lines, and wraps long lines. */
public final class Box {
    private static final AttributedStyle FRAME = AttributedStyle.DEFAULT.faint();

    /** The border and a blank on both sides. */
    private static final int FRAME_COLUMNS = 4;

    private final int width;
    private final int maxRows;

    /** @param width the width in columns, including the frame */
    public Box(int width, int maxRows) {
        this.width = Math.max(FRAME_COLUMNS + 2, width);
        this.maxRows = maxRows;
    }

    /** Returns the rows from the upper edge to the lower one. The title must be trusted text. */
    public List<AttributedString> around(String title, AttributedString text) {
        int inner = width - FRAME_COLUMNS;
        List<AttributedString> rows = rows(text, inner);
        List<AttributedString> box = new ArrayList<>();
        String top = "╭─ " + title + " ";
        box.add(edge(top + "─".repeat(Math.max(0, width - top.length() - 1)) + "╮"));
        for (AttributedString row : rows.subList(0, Math.min(rows.size(), maxRows))) {
            box.add(new AttributedStringBuilder()
                    .append("│ ", FRAME)
                    .append(row)
                    .append(" ".repeat(Math.max(0, inner - row.columnLength())))
                    .append(" │", FRAME)
                    .toAttributedString());
        }
        String bottom = rows.size() > maxRows ? "╰─ " + (rows.size() - maxRows) + " more lines " : "╰";
        box.add(edge(bottom + "─".repeat(Math.max(0, width - bottom.length() - 1)) + "╯"));
        return box;
    }

    private static AttributedString edge(String text) {
        return new AttributedString(text, FRAME);
    }

    private static List<AttributedString> rows(AttributedString text, int columns) {
        List<AttributedString> rows = new ArrayList<>();
        int begin = 0;
        while (begin <= text.length()) {
            int end = begin;
            while (end < text.length() && text.charAt(end) != '\n') {
                end++;
            }
            AttributedString line = text.subSequence(begin, end);
            List<AttributedString> parts = line.columnSplitLength(columns);
            rows.addAll(parts.isEmpty() ? List.of(AttributedString.EMPTY) : parts);
            begin = end + 1;
        }
        return rows;
    }
}
