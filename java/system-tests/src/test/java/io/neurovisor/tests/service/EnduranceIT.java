package io.neurovisor.tests.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.runner.Alone;
import io.neurovisor.tests.runner.Extent;
import org.junit.jupiter.api.Test;

/** Tests {@code bench endurance} in its short form: load, killed machines, a killed daemon. */
@Alone
final class EnduranceIT {
    @Test
    void runsEachExecutionExactlyOnce() {
        CommandLineRun run = CommandLineRun.of(
                "bench", "endurance", "--duration=" + (Extent.isLong() ? "1m" : "30s"), "--size=small");
        assertThat(run.stdout()).contains("1 daemon", "left behind: nothing", "\nheld: ");
        assertThat(run.exitCode()).as(run.stdout() + run.stderr()).isZero();
    }

    @Test
    void rejectsInvalidOptions() {
        CommandLineRun clients = CommandLineRun.of("bench", "endurance", "--clients=0");
        assertThat(clients.stderr()).contains("--clients: 0 is not allowed; use 1 to 100");
        assertThat(clients.exitCode()).isEqualTo(2);
        CommandLineRun duration = CommandLineRun.of("bench", "endurance", "--duration=soon");
        assertThat(duration.stderr()).contains("--duration: \"soon\" is not allowed; use ");
        assertThat(duration.exitCode()).isEqualTo(2);
    }
}
