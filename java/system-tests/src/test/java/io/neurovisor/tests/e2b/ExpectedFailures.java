package io.neurovisor.tests.e2b;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The tests of E2B's suites that fail here, each for a reason of a closed list. */
record ExpectedFailures(Set<String> tests) {
    static final String FILE = "setup/e2b/suites/expected-failures.txt";

    private static final Pattern LINE = Pattern.compile(
            "(\\S+) (?:(?:Internet|root|file-system-only snapshots|volumes|ports)(?:: .+)?|defect of E2B: .+)");

    static ExpectedFailures read(Path home) throws IOException {
        return of(Files.readAllLines(home.resolve(FILE)));
    }

    static ExpectedFailures of(List<String> lines) {
        List<String> tests = lines.stream()
                .filter(line -> !line.startsWith("#"))
                .map(ExpectedFailures::test)
                .toList();
        assertThat(tests).doesNotHaveDuplicates();
        return new ExpectedFailures(new TreeSet<>(tests));
    }

    private static String test(String line) {
        Matcher matcher = LINE.matcher(line);
        if (!matcher.matches()) {
            throw new AssertionError("not a test and a reason of the closed list: " + line);
        }
        return matcher.group(1);
    }

    /** Returns those in a folder. */
    Set<String> in(String folder) {
        return tests.stream().filter(test -> test.startsWith(folder + "/")).collect(Collectors.toSet());
    }
}
