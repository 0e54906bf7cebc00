package io.neurovisor.tests.e2b.suites;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.neurovisor.tests.e2b.E2bClient;
import io.neurovisor.tests.fixtures.DataDirectories;
import io.neurovisor.tests.fixtures.HostCommand;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.runner.Alone;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * E2B's own tests of envd in Go, which speak binary Connect, unmodified, at the commit in setup/e2b.sh. Skipped if
 * {@code ./neurovisor test} could not fetch them. Some wait for a fixed time, so no other class runs meanwhile.
 */
@Alone
@Timeout(1800)
final class E2bGoSuiteIT {
    private static final Path EXPECTED =
            Path.of(System.getProperty("neurovisor.home"), "setup/e2b/suites/expected-failures/go.tsv");
    private static final Pattern REASON =
            Pattern.compile("(?:Internet|root|file-system-only snapshots|volumes|ports)(?:: .+)?|defect of E2B: .+");

    /** The end of a test, after the mark that no output of a test has. */
    private static final Pattern END = Pattern.compile("(?m)^\u0016--- (PASS|FAIL|SKIP): (Test\\w+) ");

    private static final int TESTS = 33;

    @Test
    void eachTestPassesOrIsExpectedToFail(@TempDir Path directory) throws IOException {
        String program = System.getenv("NEUROVISOR_TEST_E2B_GO_SUITE");
        assumeTrue(program != null, "E2B's tests of envd are not here: ./neurovisor test fetches them");
        Set<String> expected = expected();
        Map<String, String> data =
                Map.of("NEUROVISOR_DATA_DIR", DataDirectories.ready(directory).toString());
        String key = E2bClient.key(data);
        try (RunningDaemon daemon = RunningDaemon.start(
                directory,
                data,
                "--warm=1",
                "--max=8",
                "--size=small",
                "--rate-limit=off",
                "--http-port=0",
                "--sandbox-domain=localhost")) {
            Map<String, Boolean> passed = run(program, daemon, key, ".");
            assertThat(passed).hasSize(TESTS);
            Set<String> failed = failed(passed);
            Set<String> unexpected = new TreeSet<>(failed);
            unexpected.removeAll(expected);
            if (!unexpected.isEmpty()) {
                // A guest that is emulated may be slower than the time that a test gives it.
                unexpected = failed(run(program, daemon, key, "^(" + String.join("|", unexpected) + ")$"));
            }
            System.out.printf("test: E2B's tests of envd in Go: %d of %d pass%n", TESTS - expected.size(), TESTS);
            assertThat(unexpected).as("fail and are not in " + EXPECTED).isEmpty();
            assertThat(failed)
                    .as("some pass or are gone, and are in " + EXPECTED)
                    .containsAll(expected);
        }
    }

    private static Set<String> expected() throws IOException {
        Set<String> tests = new HashSet<>();
        for (String line : Files.readAllLines(EXPECTED)) {
            String[] fields = line.split("\t", -1);
            assertThat(fields).as(line).hasSize(2);
            assertThat(fields[1]).as("a reason of the closed list").matches(REASON);
            assertThat(tests.add(fields[0])).as(line).isTrue();
        }
        return tests;
    }

    private static Set<String> failed(Map<String, Boolean> passed) {
        Set<String> failed = new TreeSet<>(passed.keySet());
        failed.removeIf(passed::get);
        return failed;
    }

    /** Returns which tests have passed of those whose names match. */
    private static Map<String, Boolean> run(String program, RunningDaemon daemon, String key, String names) {
        int port = URI.create(daemon.httpAddress()).getPort();
        HostCommand.Result ended = HostCommand.run(List.of(
                "env",
                "TESTS_API_SERVER_URL=" + daemon.httpAddress(),
                "TESTS_ENVD_PROXY=http://localhost:" + port,
                "TESTS_SANDBOX_TEMPLATE_ID=base",
                "TESTS_E2B_API_KEY=" + key,
                "TESTS_E2B_ACCESS_TOKEN=none",
                program,
                "-test.v=test2json",
                "-test.parallel=2",
                "-test.timeout=10m",
                "-test.run=" + names));
        System.out.println(ended.stdout());
        assertThat(ended.exitCode()).as(ended.stdout() + ended.stderr()).isIn(0, 1);
        Map<String, Boolean> passed = new TreeMap<>();
        Matcher end = END.matcher(ended.stdout());
        while (end.find()) {
            passed.put(end.group(2), end.group(1).equals("PASS"));
        }
        return passed;
    }
}
