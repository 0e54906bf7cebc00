package io.neurovisor.tests.e2b;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.e2b.OracleAnswer.Difference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The differences between envd and the API of a daemon that are not mended, each with its reason. */
record ListedDifferences(List<Entry> entries) {
    static final String FILE = "setup/e2b/oracle/differences.tsv";
    static final int MOST = 25;

    private static final int COLUMNS = 5;

    /**
     * What one reason explains: the same difference of some requests.
     *
     * @param requests their names, or what several names begin with and a star
     */
    record Entry(Set<String> requests, String field, String theirs, String ours) {
        static boolean isNamed(String pattern, String request) {
            return pattern.endsWith("*")
                    ? request.startsWith(pattern.substring(0, pattern.length() - 1))
                    : request.equals(pattern);
        }

        boolean explains(Difference difference) {
            return requests.stream().anyMatch(pattern -> isNamed(pattern, difference.request()))
                    && field.equals(difference.field())
                    && theirs.equals(difference.theirs())
                    && ours.equals(difference.ours());
        }
    }

    static ListedDifferences read(Path home) throws IOException {
        return of(Files.readAllLines(home.resolve(FILE)));
    }

    static ListedDifferences of(List<String> lines) {
        List<Entry> entries = lines.stream()
                .filter(line -> !line.startsWith("#"))
                .map(ListedDifferences::entry)
                .toList();
        assertThat(entries).hasSizeLessThanOrEqualTo(MOST);
        return new ListedDifferences(entries);
    }

    private static Entry entry(String line) {
        String[] columns = line.split("\t", -1);
        assertThat(columns)
                .as(line)
                .hasSize(COLUMNS)
                .allSatisfy(column -> assertThat(column).isNotBlank());
        return new Entry(Set.copyOf(Arrays.asList(columns[0].split(",", -1))), columns[1], columns[2], columns[3]);
    }

    /** Returns the differences that no entry explains. */
    List<Difference> missing(List<Difference> found) {
        return found.stream()
                .filter(difference -> entries.stream().noneMatch(entry -> entry.explains(difference)))
                .toList();
    }

    /** Returns what is listed, as requests and fields, and does not differ so any more. */
    Set<String> mended(List<Difference> found) {
        return entries.stream()
                .flatMap(entry -> entry.requests().stream()
                        .filter(request -> found.stream()
                                .noneMatch(difference ->
                                        Entry.isNamed(request, difference.request()) && entry.explains(difference)))
                        .map(request -> request + " " + entry.field()))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
