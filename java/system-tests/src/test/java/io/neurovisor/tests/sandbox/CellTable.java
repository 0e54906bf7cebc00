package io.neurovisor.tests.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The cells of {@code cells.txt}, and what they send. */
final class CellTable {
    private CellTable() {}

    /**
     * A cell.
     *
     * @param line of the table
     * @param expected the lines about what it sends
     */
    record Row(int line, String language, String code, List<String> expected) {
        @Override
        public String toString() {
            return "%s, line %d: %s".formatted(language, line, code.replace("\n", "\\n"));
        }
    }

    static List<Row> rows() throws IOException {
        List<String> lines;
        try (InputStream table = Objects.requireNonNull(CellTable.class.getResourceAsStream("cells.txt"))) {
            lines = new String(table.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        }
        List<Row> rows = new ArrayList<>();
        int index = 0;
        while (index < lines.size()) {
            if (!lines.get(index).startsWith("== ")) {
                index++;
                continue;
            }
            int begin = index;
            int middle = begin + lines.subList(begin, lines.size()).indexOf("--");
            index = middle + 1;
            while (index < lines.size() && !lines.get(index).startsWith("== ")) {
                index++;
            }
            rows.add(new Row(
                    begin + 1,
                    lines.get(begin).substring("== ".length()),
                    String.join("\n", lines.subList(begin + 1, middle)),
                    lines.subList(middle + 1, index)));
        }
        return rows;
    }
}
