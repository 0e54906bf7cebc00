package io.neurovisor.tests.firecracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import io.neurovisor.testkit.VmmContract;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that Firecracker keeps the contract of a VMM. Skipped if KVM boots no guest or Firecracker is missing. */
final class FirecrackerVmmIT extends VmmContract {
    @TempDir
    private static Path runtime;

    @SuppressWarnings("NullAway.Init") // JUnit calls start first.
    private static FirecrackerMachines machines;

    private final Path directory = machines.newDirectory();

    @BeforeAll
    static void start() {
        machines = FirecrackerMachines.startOrSkip(runtime);
    }

    @AfterAll
    static void stop() {
        if (machines != null) {
            machines.close();
            assertThat(runtime.resolve("run")).doesNotExist();
        }
    }

    @Override
    protected Vmm vmm() {
        return machines.vmm();
    }

    @Override
    protected BootFiles files() {
        return machines.files();
    }

    @Override
    protected boolean makesCheckpoints() {
        return false;
    }

    @Test
    void refusesCheckpoints() {
        try (Vm vm = vmm().start(
                        VmId.random(new SecureRandom()),
                        new VmStart.ColdBoot(files(), SandboxSize.SMALL),
                        Deadline.after(Duration.ofMinutes(4), Ticker.SYSTEM))) {
            assertThatThrownBy(() -> vm.checkpoint(
                            directory.resolve("checkpoint"), Deadline.after(Duration.ofMinutes(1), Ticker.SYSTEM)))
                    .hasMessageContaining("Firecracker");
        }
    }

    @Override
    protected Path directory() {
        return directory;
    }
}
