package io.neurovisor.tests.e2b.suites;

import io.neurovisor.tests.runner.Alone;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** E2B's own tests of its code interpreter, by its client for Python. Some wait for a fixed time, so no other class runs meanwhile. */
@Alone
@Timeout(1800)
@SuppressWarnings("NullAway.Init") // Set before the first test.
final class E2bInterpreterSuiteIT {
    @TempDir
    private static Path directory;

    private static E2bSuite suite;

    @BeforeAll
    static void start() throws IOException {
        suite = E2bSuite.start("python-interpreter", 14, directory);
    }

    @AfterAll
    static void stop() {
        if (suite != null) {
            suite.close();
        }
    }

    @Test
    void eachTestPassesOrIsExpectedToFail() {
        suite.check("tests", 145);
    }

    @Test
    void theImageWithAllInterpretersPassesWhatNeedsIt() {
        suite.checkWithImage("interpreter-full");
    }
}
