package io.neurovisor.tests.e2b.suites;

import static java.util.Objects.requireNonNull;
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

    private static final String IMAGE = "image ";
    private static final String SOME_RUNS = ", in some runs";
    private static final Pattern REASON =
            Pattern.compile("(?:Internet|root|file-system-only snapshots|volumes|ports" + "|server inside the guest|"
                    + IMAGE + "interpreter-full)(?:: .+)?|defect of E2B(?:" + SOME_RUNS + ")?: .+");

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

    /** Returns whether a test may also pass. */
    boolean mayPass(String test) {
        return requireNonNull(reasons.get(test)).contains(SOME_RUNS + ": ");
    }

    /** Returns those that pass with another image. */
    Set<String> thatNeed(String image) {
        return reasons.entrySet().stream()
                .filter(test -> test.getValue().split(": ", 2)[0].equals(IMAGE + image))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }
}
