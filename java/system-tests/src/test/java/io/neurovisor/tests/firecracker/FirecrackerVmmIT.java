package io.neurovisor.tests.firecracker;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.Vmm;
import io.neurovisor.testkit.VmmContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
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
    protected Path directory() {
        return directory;
    }
}
