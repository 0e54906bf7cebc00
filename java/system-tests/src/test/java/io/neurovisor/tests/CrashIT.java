package io.neurovisor.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** However NeuroVisor ends, its machines end with it, without any further command of ours. */
final class CrashIT {
    private static final Duration LIMIT = Duration.ofSeconds(5);

    @Test
    void nothingIsLeftFiveSecondsAfterKillMinusNine() {
        RunningVm running = RunningVm.start();
        assertThat(running.vmm().isAlive()).isTrue();
        assertThat(running.runtimeDirectory()).exists();

        running.neurovisor().destroyForcibly();

        running.assertGoneWithin(LIMIT);
    }

    @ParameterizedTest
    @CsvSource({"INT,130", "TERM,143"})
    void aSignalEndsTheMachineFirst(String signal, int exitCode) throws IOException, InterruptedException {
        RunningVm running = RunningVm.start();

        new ProcessBuilder(
                        "kill", "-" + signal, Long.toString(running.neurovisor().pid()))
                .start()
                .waitFor();

        assertThat(running.neurovisor().waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(running.neurovisor().exitValue()).isEqualTo(exitCode);
        running.assertGoneWithin(Duration.ofMillis(500));
    }

    @Test
    void aMachineThatIsKilledIsReportedAsDeadWithItsPartialOutput() throws InterruptedException {
        RunningVm running = RunningVm.start();

        running.vmm().destroyForcibly();

        assertThat(running.neurovisor().waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(running.neurovisor().exitValue()).isEqualTo(123);
        assertThat(running.neurovisor().errorReader().lines())
                .anyMatch(line -> line.contains("the sandbox died: QEMU was killed by signal 9"));
        running.assertGoneWithin(LIMIT);
    }
}
