package io.neurovisor.engine.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestIdentity;
import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.Checkpoint;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.TestFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests that a sandbox goes on after it was saved or could not be, and that its copies differ. */
final class MachineCheckpointTest {
    @TempDir
    private Path directory;

    private final List<FakeGuest> guests = new ArrayList<>();
    private final FakeVmm vmm = new FakeVmm(_ -> {
        guests.add(new FakeGuest());
        return guests.getLast();
    });

    @BeforeEach
    void makeTemplate() throws IOException {
        Files.createFile(Files.createDirectory(template().directory()).resolve("state"));
    }

    @Test
    void aSavedSandboxStandsStillAndGoesOn() {
        try (Machine machine = sandbox()) {
            Checkpoint _ = machine.save(directory.resolve("checkpoint"), soon());
            assertThat(guests.getFirst().isFrozen()).isTrue();

            machine.goOn();

            assertThat(machine.processes().list(soon())).hasSize(1);
            assertThat(guests.getFirst().identity().orElseThrow().names()).isEmpty();
        }
    }

    @Test
    void aSandboxThatIsNotSavedGoesOn() throws IOException {
        Path occupied = Files.createDirectory(directory.resolve("checkpoint"));
        try (Machine machine = sandbox()) {
            assertFault(() -> machine.save(occupied, soon()), Fault.STORAGE_FAILED);

            assertThat(machine.processes().list(soon())).hasSize(1);
        }
    }

    @ParameterizedTest
    @CsvSource({"GUEST_REFUSED, false", "GUEST_SILENT, false", "GUEST_SILENT, true", "INTERRUPTED, true"})
    void aSandboxThatIsNotFrozenGoesOn(Fault fault, boolean standsStill) {
        try (Machine machine = sandbox()) {
            guests.getFirst().failingFreeze(fault, standsStill);

            assertFault(() -> machine.save(directory.resolve("checkpoint"), soon()), fault);

            assertThat(directory.resolve("checkpoint")).doesNotExist();
            assertThat(machine.processes().list(soon())).hasSize(1);
        }
    }

    @Test
    void anInterruptedSandboxGoesOn() {
        try (Machine machine = sandbox()) {
            Thread.currentThread().interrupt();
            assertFault(() -> machine.save(directory.resolve("checkpoint"), soon()), Fault.INTERRUPTED);
            assertThat(Thread.interrupted()).isTrue();

            assertThat(machine.processes().list(soon())).hasSize(1);
        }
    }

    @Test
    void aSandboxThatDoesNotGoOnIsLost() {
        try (Machine machine = sandbox()) {
            Checkpoint _ = machine.save(directory.resolve("checkpoint"), soon());
            guests.getFirst().silent();

            assertFault(machine::goOn, Fault.SANDBOX_LOST);

            assertThat(vmm.livingCount()).isZero();
        }
    }

    @Test
    void aSandboxThatIsNeitherSavedNorGoesOnIsLost() throws IOException {
        Path occupied = Files.createDirectory(directory.resolve("checkpoint"));
        try (Machine machine = sandbox()) {
            guests.getFirst().silent();

            assertFault(() -> machine.save(occupied, soon()), Fault.SANDBOX_LOST);

            assertThat(vmm.livingCount()).isZero();
        }
    }

    @Test
    void restoredSandboxesHaveRandomnessOfTheirOwnAndCopiesNames() {
        Checkpoint checkpoint = checkpoint();
        MachineFactory factory = factory(RequiredLayers.NONE);
        try (Machine resumed = factory.restore(factory.newId(), restore(checkpoint), Optional.empty(), soon());
                Machine copy = factory.restore(factory.newId(), restore(checkpoint), Optional.of("copy"), soon())) {
            assertThat(resumed.processes().list(soon())).hasSize(1);
            assertThat(copy.processes().list(soon())).hasSize(1);
        }
        GuestIdentity ofResumed = guests.get(1).identity().orElseThrow();
        GuestIdentity ofCopy = guests.get(2).identity().orElseThrow();
        assertThat(ofResumed.entropyHex()).isNotEqualTo(ofCopy.entropyHex());
        assertThat(ofResumed.names()).isEmpty();
        assertThat(ofCopy.names()).map(GuestIdentity.Names::hostname).contains("copy");
    }

    @Test
    void noProgramRunsInARestoredMachineWithoutARequiredLayer() {
        Checkpoint checkpoint = checkpoint();
        vmm.reading(layer ->
                layer == Layer.SECCOMP ? LayerState.broken(layer, "gone", "") : LayerState.live(layer, "read"));
        MachineFactory factory = factory(RequiredLayers.ALL);

        assertFault(
                () -> factory.restore(factory.newId(), restore(checkpoint), Optional.empty(), soon()),
                Fault.LAYER_MISSING);

        assertThat(guests.getLast().isFrozen()).isTrue();
        assertThat(vmm.livingCount()).isZero();
    }

    private Checkpoint checkpoint() {
        try (Machine machine = sandbox()) {
            return machine.save(directory.resolve("checkpoint"), soon());
        }
    }

    private Machine sandbox() {
        Machine machine = factory(RequiredLayers.NONE).open(new VmStart.Restore(template()), soon());
        long _ = machine.adopt(Map.of(), Optional.empty(), soon());
        machine.processes().start(sleep(), soon()).close();
        return machine;
    }

    private static ProcessSpec sleep() {
        return new ProcessSpec(
                "sleep",
                List.of("1000"),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.empty(),
                false,
                Optional.empty());
    }

    private SavedVm template() {
        return new SavedVm(TestFiles.bootFiles(), SandboxSize.SMALL, directory.resolve("template"));
    }

    private VmStart.Restore restore(Checkpoint checkpoint) {
        return new VmStart.Restore(template(), Optional.of(checkpoint));
    }

    private MachineFactory factory(RequiredLayers required) {
        return new MachineFactory(vmm, new SecureRandom(), Ticker.SYSTEM, MachineListener.NONE, required);
    }

    private static void assertFault(Runnable call, Fault fault) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(fault));
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(30), Ticker.SYSTEM);
    }
}
