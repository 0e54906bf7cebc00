package io.neurovisor.tests.isolation;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.progress.Progress;
import io.neurovisor.host.probe.ProbeCache;
import io.neurovisor.host.qemu.QemuLocator;
import io.neurovisor.host.spawner.Spawner;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.tests.fixtures.PlainMachine;
import io.neurovisor.tests.fixtures.SpawnerTestInitrd;
import io.neurovisor.tests.fixtures.TestMachines;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Control groups of VMMs, in a machine that has cgroup v2 whatever this one has: the spawner's own tests of them are the
 * first process of an emulated one. What is run there is {@code spawner/tests/cgroup.rs}.
 */
@ShortTier
final class CgroupIT {
    private static final String TESTS = "cgroup";

    @Test
    void aVmmHasNoMoreThanItsLimitsAndNothingOfItsGroupIsLeft(@TempDir Path directory) throws IOException {
        Path kernel = NeuroVisor.images(TestMachines.settings())
                .boot("base", Progress.SILENT)
                .kernel();
        Path initrd = directory.resolve("initrd");
        SpawnerTestInitrd.pack(TESTS, initrd);

        PlainMachine.Run machine = PlainMachine.start(machine(kernel, initrd, tscKhz(directory)));

        assertThat(machine.stdout())
                .as(machine.stdout() + machine.stderr())
                .containsPattern("test result: ok\\. [1-9]\\d* passed; 0 failed; 0 ignored");
    }

    private static List<String> machine(Path kernel, Path initrd, long tscKhz) {
        ProbeCache probes = new ProbeCache(TestMachines.dataDirectory().resolve("probes.properties"));
        Path qemu = new QemuLocator(System.getenv("PATH"), probes).locate().executable();
        return List.of(
                qemu.toString(),
                "-M",
                "microvm,rtc=on,acpi=on,x-option-roms=off",
                "-bios",
                "qboot.rom",
                "-accel",
                "tcg",
                "-cpu",
                "max",
                "-m",
                "512M",
                "-nodefaults",
                "-no-user-config",
                "-no-reboot",
                "-display",
                "none",
                "-serial",
                "stdio",
                "-kernel",
                kernel.toString(),
                "-initrd",
                initrd.toString(),
                // The tests' end is a panic, for they are the first process; what the machine does of it is to end.
                "-append",
                "console=ttyS0 quiet loglevel=1 reboot=t panic=-1 mitigations=off tsc=reliable tsc_early_khz=" + tscKhz
                        + " rdinit=/init -- --ignored --test-threads=1");
    }

    /** Without it an emulated machine on a busy host may not boot. */
    private static long tscKhz(Path directory) {
        try (Spawner spawner = Spawner.start(TestMachines.settings().spawnerProgram(), directory.resolve("run"))) {
            return spawner.tscKhz();
        }
    }
}
