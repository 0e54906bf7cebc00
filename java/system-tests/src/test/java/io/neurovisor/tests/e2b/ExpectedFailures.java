package io.neurovisor.tests.e2b;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The tests of a suite of E2B's that fail here, each for a reason of a closed list.
 *
 * @param reasons by the name of the test
 */
record ExpectedFailures(Map<String, String> reasons) {
    static final String DIRECTORY = "setup/e2b/suites/expected-failures/";

    private static final Pattern REASON =
            Pattern.compile("(?:Internet|root|file-system-only snapshots|volumes|ports)(?:: .+)?|defect of E2B: .+");

    static ExpectedFailures read(Path home, String suite) throws IOException {
        return of(Files.readAllLines(home.resolve(DIRECTORY + suite + ".tsv")));
    }

    static ExpectedFailures of(List<String> lines) {
        Map<String, String> reasons = new HashMap<>();
        for (String line : lines) {
            String[] columns = line.split("\t", -1);
            assertThat(columns.length == 2 && REASON.matcher(columns[1]).matches())
                    .as("not a test and a reason of the closed list: " + line)
                    .isTrue();
            assertThat(reasons.put(columns[0], columns[1])).as(columns[0]).isNull();
        }
        return new ExpectedFailures(reasons);
    }

    /** Returns those in a folder. */
    Set<String> in(String folder) {
        return reasons.keySet().stream()
                .filter(test -> test.startsWith(folder + "/"))
                .collect(Collectors.toSet());
    }
}
