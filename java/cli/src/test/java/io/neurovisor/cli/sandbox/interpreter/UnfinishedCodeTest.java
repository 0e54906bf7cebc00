package io.neurovisor.cli.sandbox.interpreter;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class UnfinishedCodeTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "for i in range(3):",
                "def f():\n    return 1",
                "f(1,",
                "if (a) [",
                "[1,\n\n2,",
                "text = '''one\n\ntwo",
                "text = `one\n\ntwo",
                "function f() {",
                "n = 1 + \\",
                "x = {'a': \"]\",",
            })
    void goesOn(String code) {
        assertThat(UnfinishedCode.goesOn(code)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "  ",
                "1 + 1",
                "def f():\n    return 1\n",
                "f(1,\n2)",
                "'('",
                "# (",
                "x = ')'",
                "print('it''s')",
                "'unfinished",
                "text = '''one'''",
                "function f() {\n}",
                "a[0])",
                "'\\''",
            })
    void isComplete(String code) {
        assertThat(UnfinishedCode.goesOn(code)).isFalse();
    }
}
