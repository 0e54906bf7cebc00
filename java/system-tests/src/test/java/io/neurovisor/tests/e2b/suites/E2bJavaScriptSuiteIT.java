package io.neurovisor.tests.e2b.suites;

import io.neurovisor.tests.runner.Alone;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** E2B's own tests of its client for JavaScript. Some wait for a fixed time, so no other class runs meanwhile. */
@Alone
@Timeout(1800)
@SuppressWarnings("NullAway.Init") // Set before the first test.
final class E2bJavaScriptSuiteIT {
    @TempDir
    private static Path directory;

    private static E2bSuite suite;

    @BeforeAll
    static void start() throws IOException {
        suite = E2bSuite.start("javascript", 153, directory);
    }

    @AfterAll
    static void stop() {
        if (suite != null) {
            suite.close();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "tests/sandbox, 291",
        "tests/api, 61",
    })
    void eachTestPassesOrIsExpectedToFail(String folder, int tests) {
        suite.check(folder, tests);
    }
}
