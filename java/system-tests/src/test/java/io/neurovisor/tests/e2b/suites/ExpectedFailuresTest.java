package io.neurovisor.tests.e2b.suites;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ExpectedFailuresTest {
    @ParameterizedTest
    @ValueSource(strings = {"python", "javascript", "python-interpreter", "javascript-interpreter"})
    void eachLineOfTheFilesHasAReasonOfTheList(String suite) throws IOException {
        Path home = Path.of(System.getProperty("neurovisor.home"));
        assertThat(ExpectedFailures.read(home, suite).reasons()).isNotEmpty();
    }

    @Test
    void aReasonMayHaveAnExplanation() {
        ExpectedFailures expected =
                ExpectedFailures.of(List.of("a/b.py::c\tports", "a/b.py::d\troot: sudo", "b/e.ts::f g\tInternet"));
        assertThat(expected.in("a")).containsExactlyInAnyOrder("a/b.py::c", "a/b.py::d");
    }

    @Test
    void aReasonMayBeAnotherImage() {
        ExpectedFailures expected = ExpectedFailures.of(
                List.of("a.py::b\timage interpreter-full", "a.py::c\timage interpreter-full: R", "a.py::d\tports"));
        assertThat(expected.thatNeed("interpreter-full")).containsExactlyInAnyOrder("a.py::b", "a.py::c");
    }

    @Test
    void aTestMayFailInSomeRuns() {
        ExpectedFailures expected =
                ExpectedFailures.of(List.of("a\tdefect of E2B, in some runs: waits 2 s", "b\tdefect of E2B: counts"));
        assertThat(expected.mayPass("a")).isTrue();
        assertThat(expected.mayPass("b")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "a\tslow", "a\timage full", "a\tdefect of E2B", "a\tInternet or so", "a Internet", ""})
    void otherReasonsAreRefused(String line) {
        assertThatThrownBy(() -> ExpectedFailures.of(List.of(line))).isInstanceOf(AssertionError.class);
    }

    @Test
    void aTestHasOneReason() {
        assertThatThrownBy(() -> ExpectedFailures.of(List.of("a\tports", "a\troot")))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void aReportSaysWhatHasPassed(@TempDir Path directory) throws IOException {
        Path report = Files.writeString(directory.resolve("report.xml"), """
                <testsuites><testsuite>
                <testcase classname="tests.a" name="passes"/>
                <testcase classname="tests.a" name="fails"><failure/></testcase>
                <testcase classname="tests.a" name="leaks"/>
                <testcase classname="tests.a" name="leaks"><error/></testcase>
                <testcase classname="tests.b" name="skips"><skipped/></testcase>
                <testcase classname="tests/c.test.ts" name="of Vitest &gt; passes"/>
                <testcase classname="tests/c.test.ts" name="of Vitest &gt; passes"><failure/></testcase>
                </testsuite></testsuites>""");
        SuiteResult result = SuiteResult.of(report);
        assertThat(result.passed())
                .containsExactlyInAnyOrder("tests/a.py::passes", "tests/c.test.ts::of Vitest > passes");
        assertThat(result.failed())
                .containsExactlyInAnyOrder(
                        "tests/a.py::fails",
                        "tests/a.py::leaks",
                        "tests/b.py::skips",
                        "tests/c.test.ts::of Vitest > passes (2)");
    }
}
