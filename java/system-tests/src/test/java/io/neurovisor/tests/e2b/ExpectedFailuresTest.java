package io.neurovisor.tests.e2b;

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
    @Test
    void eachLineOfTheFileHasAReasonOfTheList() throws IOException {
        Path home = Path.of(System.getProperty("neurovisor.home"));
        assertThat(ExpectedFailures.read(home).tests()).isNotEmpty();
    }

    @Test
    void aReasonMayHaveAnExplanation() {
        assertThat(ExpectedFailures.of(List.of("# x", "a/b.py::c ports", "a/b.py::d root: sudo", "b/e.py::f Internet"))
                        .in("a"))
                .containsExactlyInAnyOrder("a/b.py::c", "a/b.py::d");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "a slow", "a defect of E2B", "a Internet or so", ""})
    void otherReasonsAreRefused(String line) {
        assertThatThrownBy(() -> ExpectedFailures.of(List.of(line))).isInstanceOf(AssertionError.class);
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
                </testsuite></testsuites>""");
        SuiteResult result = SuiteResult.ofPytest(report);
        assertThat(result.passed()).containsExactly("tests/a.py::passes");
        assertThat(result.failed())
                .containsExactlyInAnyOrder("tests/a.py::fails", "tests/a.py::leaks", "tests/b.py::skips");
    }
}
