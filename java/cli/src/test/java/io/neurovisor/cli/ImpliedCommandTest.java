package io.neurovisor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class ImpliedCommandTest {
    @Test
    void agentFlagImpliesAgentCommand() {
        assertThat(rewritten("--agent", "say 42")).containsExactly("agent", "--", "say 42");
        assertThat(rewritten("--agent=say 42", "--json")).containsExactly("agent", "--json", "--", "say 42");
        assertThat(rewritten("--model", "m", "--agent", "-1 + 2", "--max=2"))
                .containsExactly("agent", "--model", "m", "--max=2", "--", "-1 + 2");
    }

    @Test
    void otherArgumentsAreUnchanged() {
        for (List<String> arguments : List.of(
                List.of("run", "--agent", "x"),
                List.of("--agent"),
                List.of("-h"),
                List.of("--help-all"),
                List.of("--version"))) {
            assertThat(rewritten(arguments.toArray(String[]::new))).isEqualTo(arguments);
        }
    }

    @Test
    void optionsAloneImplyServe() {
        assertThat(rewritten()).containsExactly("serve");
        assertThat(rewritten("--warm", "5")).containsExactly("serve", "--warm", "5");
        assertThat(rewritten("--", "--agent", "x")).containsExactly("serve", "--", "--agent", "x");
    }

    private static List<String> rewritten(String... arguments) {
        return List.of(ImpliedCommand.spelledOut(arguments));
    }
}
