package io.neurovisor.tests.isolation;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.progress.Progress;
import io.neurovisor.host.spawner.Spawner;
import io.neurovisor.server.InstalledComponents;
import io.neurovisor.tests.fixtures.BareMachine;
import io.neurovisor.tests.fixtures.HostCommand;
import io.neurovisor.tests.fixtures.SpawnerTestInitrd;
import io.neurovisor.tests.fixtures.TestMachines;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs {@code spawner/tests/cgroup.rs}, the tests of control groups of VMMs, as the first process of an emulated machine: it has
 * cgroup v2 even if the host has not.
 */
@ShortTier
final class CgroupIT {
    private static final String TESTS = "cgroup";

    @Test
    void vmmStaysWithinItsLimits(@TempDir Path directory) throws IOException {
        Path kernel = InstalledComponents.images(TestMachines.settings())
                .boot("base", Progress.SILENT)
                .kernel();
        Path initrd = directory.resolve("initrd");
        SpawnerTestInitrd.pack(TESTS, initrd);

        HostCommand.Result machine = HostCommand.run(BareMachine.command(
                kernel,
                initrd,
                // The end of the first process is a kernel panic, which ends the machine.
                "quiet loglevel=1 mitigations=off tsc_early_khz=" + tscKhz(directory)
                        + " rdinit=/init -- --ignored --test-threads=1"));

        assertThat(machine.stdout())
                .as(machine.stdout() + machine.stderr())
                .containsPattern("test result: ok\\. [1-9]\\d* passed; 0 failed; 0 ignored");
    }

    /** Returns the TSC frequency; without it, an emulated machine on a busy host may fail to boot. */
    private static long tscKhz(Path directory) {
        try (Spawner spawner = Spawner.start(TestMachines.settings().spawnerProgram(), directory.resolve("run"))) {
            return spawner.tscKhz();
        }
    }
}
