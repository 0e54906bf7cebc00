package io.neurovisor.host.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.machine.MachineFactory;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.sandbox.checkpoint.CheckpointSource;
import io.neurovisor.engine.sandbox.checkpoint.SandboxCheckpoint;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.Checkpoint;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Saves machines into the store and starts them from it. */
@Timeout(60)
final class PausedMachineTest {
    @TempDir
    private Path data;

    private final FakeVmm vmm = new FakeVmm(_ -> new FakeGuest());
    private final MachineFactory factory =
            new MachineFactory(vmm, new SecureRandom(), Ticker.SYSTEM, MachineListener.NONE, RequiredLayers.NONE);
    private CheckpointFixture fixture;
    private FileCheckpointStore store;

    @BeforeEach
    void create() throws IOException {
        fixture = new CheckpointFixture(data);
        store = fixture.store();
    }

    @Test
    void continuesFromTheStoreThroughGenerations() {
        SandboxCheckpoint first;
        try (Machine machine = factory.open(new VmStart.Restore(fixture.template()), soon())) {
            long _ = machine.adopt(Map.of(), Optional.empty(), soon());
            first = save(machine, 1);
        }
        SandboxCheckpoint second;
        try (Machine resumed = restore(first)) {
            assertThat(resumed.processes().list(soon())).isEmpty();
            second = save(resumed, 2);
        }
        try (Machine resumed = restore(second)) {
            assertThat(resumed.processes().list(soon())).isEmpty();
        }
    }

    @Test
    void aMachineThatIsNotSavedGoesOn() {
        try (Machine machine = factory.open(new VmStart.Restore(fixture.template()), soon())) {
            long _ = machine.adopt(Map.of(), Optional.empty(), soon());
            assertThatThrownBy(() -> store.save(source(1), Long.MAX_VALUE, directory -> write(machine, directory)))
                    .isInstanceOfSatisfying(
                            NeuroVisorException.class,
                            failure -> assertThat(failure.fault()).isEqualTo(Fault.DISK_SHORT));
            assertThat(machine.processes().list(soon())).isEmpty();
        }
    }

    private SandboxCheckpoint save(Machine machine, int generation) {
        return store.save(source(generation), 1 << 20, directory -> write(machine, directory));
    }

    private CheckpointSource source(int generation) {
        return new CheckpointSource(CheckpointFixture.ID, generation, fixture.template(), vmm.identity());
    }

    private static void write(Machine machine, Path directory) {
        Checkpoint _ = machine.save(directory, soon());
    }

    private Machine restore(SandboxCheckpoint checkpoint) {
        return factory.restore(factory.newId(), store.open(checkpoint, vmm.identity()), Optional.empty(), soon());
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(30), Ticker.SYSTEM);
    }
}
