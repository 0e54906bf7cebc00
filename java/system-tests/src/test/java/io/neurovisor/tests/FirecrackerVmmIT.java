package io.neurovisor.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.Vmm;
import io.neurovisor.server.config.VmmChoice;
import io.neurovisor.testkit.VmmContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** Firecracker keeps the contract of every VMM. Where KVM boots no guest, or Firecracker is not there, this is skipped. */
final class FirecrackerVmmIT extends VmmContract {
    @TempDir
    private static Path runtime;

    private static TestMachines machines;

    @BeforeAll
    static void start() {
        try {
            machines = new TestMachines(runtime, VmmChoice.FIRECRACKER);
        } catch (NeuroVisorException exception) {
            if (exception.fault() != Fault.VMM_MISSING) {
                throw exception;
            }
            abort(exception.getMessage());
        }
    }

    @AfterAll
    static void stop() {
        if (machines != null) {
            machines.close();
            assertThat(runtime.resolve("run")).doesNotExist();
            assertThat(TestMachines.dataDirectory().resolve("jails")).isEmptyDirectory();
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
}
