package io.neurovisor.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class EnvironmentArgumentsTest {
    private static final Map<String, String> OWN = Map.of("TOKEN", "secret");

    @Test
    void takesValuesFromTheEnvironment() {
        assertThat(parse("A=b=c", "EMPTY=", "TOKEN"))
                .containsExactly(Map.entry("A", "b=c"), Map.entry("EMPTY", ""), Map.entry("TOKEN", "secret"));
    }

    @Test
    void lastValueWins() {
        assertThat(parse("A=1", "A=2")).containsExactly(Map.entry("A", "2"));
    }

    @Test
    void namesInvalidVariablesWithoutTheirValues() {
        assertThatThrownBy(() -> parse("MISSING")).hasMessageContaining("--env MISSING: the variable is not set here");
        assertThatThrownBy(() -> parse("=secret"))
                .hasMessageContaining("needs a name")
                .hasMessageNotContaining("secret");
    }

    private static Map<String, String> parse(String... arguments) {
        return EnvironmentArguments.parse(List.of(arguments), OWN);
    }
}
