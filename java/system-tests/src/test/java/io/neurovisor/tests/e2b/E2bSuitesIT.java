package io.neurovisor.tests.e2b;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.neurovisor.tests.fixtures.DataDirectories;
import io.neurovisor.tests.fixtures.HostCommand;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.runner.Alone;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * E2B's own tests of its client for Python, unmodified, at the commit in setup/e2b.sh. Skipped if {@code ./neurovisor test} could
 * not fetch them. Some wait for a fixed time, so no other class runs meanwhile.
 */
@Alone
@Timeout(1800)
@SuppressWarnings("NullAway.Init") // Set before the first test.
final class E2bSuitesIT {
    private static final Path HOME = Path.of(System.getProperty("neurovisor.home"));
    private static final @Nullable String SUITES = System.getenv("NEUROVISOR_TEST_E2B_SUITES");

    /** How many of all tests pass without any server; recorded, because they wait for it for a quarter of an hour. */
    private static final int WITHOUT_SERVER = 32;

    private static int all;
    private static int passed;

    @TempDir
    private static Path directory;

    private static RunningDaemon daemon;
    private static String key;
    private static ExpectedFailures expected;

    @BeforeAll
    static void start() throws IOException {
        assumeTrue(SUITES != null, "E2B's tests are not here: ./neurovisor test fetches them");
        expected = ExpectedFailures.read(HOME);
        Map<String, String> data =
                Map.of("NEUROVISOR_DATA_DIR", DataDirectories.ready(directory).toString());
        key = E2bClient.key(data);
        daemon = RunningDaemon.start(
                directory, data, "--warm=1", "--max=8", "--size=small", "--rate-limit=off", "--http-port=0");
    }

    @AfterAll
    static void stop() {
        if (daemon != null) {
            daemon.close();
            System.out.printf(
                    "test: E2B's tests of its client for Python: %d of %d pass; without a server %d%n",
                    passed, all, WITHOUT_SERVER);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "tests/sync/sandbox_sync, 160",
        "tests/sync/api_sync, 16",
        "tests/async/sandbox_async, 156",
        "tests/async/api_async, 16",
    })
    void eachTestPassesOrIsExpectedToFail(String folder, int tests) {
        SuiteResult result = run(List.of(folder));
        assertThat(result.all()).hasSize(tests);
        Set<String> unexpected = new TreeSet<>(result.failed());
        unexpected.removeAll(expected.in(folder));
        Set<String> mended = new TreeSet<>(expected.in(folder));
        mended.removeAll(result.failed());
        Set<String> late = new TreeSet<>();
        if (!unexpected.isEmpty()) {
            // A guest that is emulated may be slower than the time that a test gives it.
            late.addAll(run(List.copyOf(unexpected)).passed());
            unexpected.removeAll(late);
            System.out.println("pass the second time: " + late);
        }
        all += tests;
        passed += result.passed().size() + late.size();
        assertThat(unexpected)
                .as("fail and are not in " + ExpectedFailures.FILE)
                .isEmpty();
        assertThat(mended)
                .as("pass or are gone, and are in " + ExpectedFailures.FILE)
                .isEmpty();
    }

    private static SuiteResult run(List<String> tests) {
        Path report = directory.resolve("report.xml");
        List<String> command = new ArrayList<>(List.of(
                "env",
                "E2B_API_KEY=" + key,
                "E2B_API_URL=" + daemon.httpAddress(),
                "E2B_SANDBOX_URL=" + daemon.httpAddress(),
                Path.of(String.valueOf(SUITES), "run").toString(),
                "-q",
                "-p",
                "no:cacheprovider",
                "-o",
                "timeout=120",
                "--junitxml=" + report));
        command.addAll(tests);
        HostCommand.Result ended = HostCommand.run(command);
        System.out.println(ended.stdout());
        assertThat(ended.exitCode()).as(ended.stdout() + ended.stderr()).isIn(0, 1);
        return SuiteResult.ofPytest(report);
    }
}
