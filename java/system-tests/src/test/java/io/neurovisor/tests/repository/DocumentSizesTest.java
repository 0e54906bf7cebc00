package io.neurovisor.tests.repository;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests that a newcomer can finish each document: pages have few lines, and rows of promises are short. */
final class DocumentSizesTest {
    private static final int SPECIFICATION_ROW = 200;
    private static final int PAGE_MIN = 30;
    private static final int PAGE_MAX = 150;
    private static final int DESIGN_PAGE_MAX = 200;

    @ParameterizedTest
    @CsvSource({"README.md,200", "ARCHITECTURE.md,160", "SECURITY.md,150", "CONTRIBUTING.md,150"})
    void mainDocumentIsShort(String name, int lines) {
        assertThat(Documents.lines(name)).hasSizeLessThanOrEqualTo(lines);
    }

    static List<String> pages() throws IOException {
        return Documents.under("docs");
    }

    @ParameterizedTest
    @MethodSource("pages")
    void pageIsShort(String page) {
        assertThat(Documents.lines(page))
                .hasSizeBetween(PAGE_MIN, page.startsWith("docs/design/") ? DESIGN_PAGE_MAX : PAGE_MAX);
    }

    /** Comments, which carry the names of measured figures, do not count. */
    @Test
    void rowsOfPromisesAreShort() {
        Map<String, Integer> tooLong = new TreeMap<>();
        for (String line : Documents.lines("SPECIFICATION.md")) {
            String row = line.replaceAll("<!--.*?-->", "");
            if (line.startsWith("| ") && row.length() > SPECIFICATION_ROW) {
                tooLong.put(row, row.length());
            }
        }
        assertThat(tooLong).isEmpty();
    }

    @Test
    void readmeListsEveryPage() throws IOException {
        String readme = Documents.text("README.md");
        for (String page : pages()) {
            if (!page.startsWith("docs/design/")) {
                assertThat(readme).contains("](" + page + ")");
            }
        }
        String architecture = Documents.text("ARCHITECTURE.md");
        assertThat(Documents.under("docs/design"))
                .allSatisfy(page -> assertThat(architecture).contains("](" + page + ")"));
    }
}
