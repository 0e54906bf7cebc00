package io.neurovisor.tests.firecracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.MachineFactory;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import io.neurovisor.host.firecracker.FirecrackerProgram;
import io.neurovisor.server.config.VmmChoice;
import io.neurovisor.tests.fixtures.TestMachines;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Comparator;
import java.util.stream.Stream;

/** Firecracker machines for tests. Skips the test if KVM boots no guest. */
public final class FirecrackerMachines implements AutoCloseable {
    private final TestMachines machines;
    /** On the file system of the images, because a chroot has hard links to saved machines. */
    private final Path templates;

    private FirecrackerMachines(TestMachines machines, Path templates) {
        this.machines = machines;
        this.templates = templates;
    }

    static FirecrackerMachines startOrSkip(Path runtime) {
        try {
            return new FirecrackerMachines(
                    new TestMachines(runtime, VmmChoice.FIRECRACKER),
                    Files.createTempDirectory(TestMachines.dataDirectory(), "test-"));
        } catch (NeuroVisorException exception) {
            if (exception.fault() != Fault.VMM_MISSING) {
                throw exception;
            }
            return abort(exception.toString());
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    public Vmm vmm() {
        return machines.vmm();
    }

    /** Returns a VMM with another jailer or another directory for chroots. */
    public Vmm vmm(FirecrackerProgram program, Path jails) {
        return machines.firecracker(program, jails);
    }

    MachineFactory factory() {
        return new MachineFactory(vmm(), new SecureRandom(), Ticker.SYSTEM, MachineListener.NONE, RequiredLayers.NONE);
    }

    public BootFiles files() {
        return machines.files();
    }

    Path newDirectory() {
        try {
            return Files.createTempDirectory(templates, "template-");
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** Boots and saves a machine. */
    SavedVm save(SandboxSize size) {
        Path directory = newDirectory();
        try (Vm vm = vmm().start(newId(), new VmStart.TemplateBoot(files(), size, directory), soon())) {
            try (GuestChannel channel = vm.connect(soon())) {
                channel.hello(soon());
            }
            vm.save(soon());
        }
        return new SavedVm(files(), size, directory);
    }

    public static VmId newId() {
        return VmId.random(new SecureRandom());
    }

    /** Returns a deadline for the boot of a guest; on an emulated host it takes seconds. */
    public static Deadline soon() {
        return Deadline.after(Duration.ofMinutes(2), Ticker.SYSTEM);
    }

    /** Checks that no chroot remains. */
    static void assertNothingIsLeft() {
        assertThat(TestMachines.dataDirectory().resolve("jails")).isEmptyDirectory();
    }

    @Override
    public void close() {
        machines.close();
        try (Stream<Path> all = Files.walk(templates)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
        assertNothingIsLeft();
    }
}
