package io.neurovisor.tests.e2b;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A row of the table of requests that envd and the API of a daemon are compared by; the head of that file describes its columns.
 *
 * @param verb a method of envd's services, a method of HTTP, or {@code await}
 * @param target the path of a request of HTTP, or the stream that is awaited
 * @param options how the message is encoded, and whether its stream stays open
 * @param until what the answer contains at last; empty for any answer
 */
record OracleRequest(
        String name,
        String verb,
        String target,
        List<String> options,
        String until,
        Map<String, String> headers,
        String body) {
    static final String FILE = "setup/e2b/oracle/requests.tsv";

    private static final int COLUMNS = 4;
    private static final Pattern CALL =
            Pattern.compile("([A-Za-z]+)(?: ([^ ]+))??((?: (?:proto|gzip|open))*)(?: until (.+))?");
    private static final Pattern SEPARATOR = Pattern.compile(" \\| ");

    static List<OracleRequest> read(Path home) throws IOException {
        List<OracleRequest> all = Files.readAllLines(home.resolve(FILE)).stream()
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .map(OracleRequest::of)
                .toList();
        assertThat(all).extracting(OracleRequest::name).doesNotHaveDuplicates();
        return all;
    }

    static OracleRequest of(String line) {
        String[] columns = Arrays.copyOf(line.split("\t", -1), COLUMNS);
        Matcher call = CALL.matcher(text(columns[1]));
        assertThat(call.matches()).as(line).isTrue();
        return new OracleRequest(
                columns[0],
                call.group(1),
                text(call.group(2)),
                Arrays.stream(text(call.group(3)).strip().split(" ", -1)).toList(),
                text(call.group(4)),
                headers(text(columns[2])),
                text(columns[3]));
    }

    private static String text(@Nullable String part) {
        return part == null ? "" : part;
    }

    private static Map<String, String> headers(String column) {
        Map<String, String> headers = new LinkedHashMap<>();
        SEPARATOR.splitAsStream(column).filter(header -> !header.isEmpty()).forEach(header -> {
            String[] parts = header.split(": ?", 2);
            headers.put(parts[0], parts[1]);
        });
        return headers;
    }

    boolean has(String option) {
        return options.contains(option);
    }
}
