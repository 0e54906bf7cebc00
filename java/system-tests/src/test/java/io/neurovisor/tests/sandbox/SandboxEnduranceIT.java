package io.neurovisor.tests.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.runner.Alone;
import org.junit.jupiter.api.Test;

/** Tests {@code bench endurance --sandboxes} for two minutes: sandboxes in use, pauses, copies, killed machines, a killed and a stopped daemon. */
@Alone
final class SandboxEnduranceIT {
    @Test
    void eachSandboxEndsOnceAndForAKnownReason() {
        CommandLineRun run = CommandLineRun.of("bench", "endurance", "--sandboxes", "--duration=2m", "--size=small");
        assertThat(run.stdout())
                .contains(
                        "sandboxes ended: ",
                        "paused with the daemon: 1",
                        "1 daemon; stopped and restarted: 1 daemon",
                        "left behind: nothing",
                        "\nheld: ");
        assertThat(run.exitCode()).as(run.stdout() + run.stderr()).isZero();
    }

    @Test
    void rejectsHostileClients() {
        CommandLineRun run = CommandLineRun.of("bench", "endurance", "--sandboxes", "--hostile=1");
        assertThat(run.stderr()).contains("--hostile: 1 is not allowed with --sandboxes");
        assertThat(run.exitCode()).isEqualTo(2);
    }
}
