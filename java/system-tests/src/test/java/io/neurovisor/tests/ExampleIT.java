package io.neurovisor.tests;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The examples hold what they promise. */
final class ExampleIT {
    @Test
    void aForkBombIsContained() {
        CommandLineRun run = CommandLineRun.of("example", "fork_bomb");
        assertThat(run.exitCode()).as(run.stdout() + run.stderr()).isZero();
        assertThat(run.stdout())
                .contains("processes, then EAGAIN", "0 of ", "the promise held")
                .doesNotContain("BROKEN");
    }

    @Test
    void theListNamesThem() {
        assertThat(CommandLineRun.of("example", "--list").stdout()).contains("fork_bomb");
        CommandLineRun unknown = CommandLineRun.of("example", "fork_bom");
        assertThat(unknown.exitCode()).isEqualTo(2);
        assertThat(unknown.stderr()).contains("did you mean fork_bomb?");
    }
}
