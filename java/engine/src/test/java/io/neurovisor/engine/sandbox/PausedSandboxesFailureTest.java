package io.neurovisor.engine.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.SandboxSpec.OnTimeout;
import io.neurovisor.testkit.FakeGuest;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests pauses and resumes that fail, or whose sandbox is killed meanwhile. */
final class PausedSandboxesFailureTest extends SandboxesFixture {
    @Test
    void anOwnerWithoutSpaceKeepsItsSandboxRunning() {
        SandboxOwner small = new SandboxOwner(
                OWNER.claimant(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(0L));
        SandboxId first = create(small).id();
        SandboxId second = create(small).id();
        Sandbox _ = sandboxes.pause(first, NAME); // The fakes use no memory, and take a byte of the disk.

        assertThatThrownBy(() -> sandboxes.pause(second, NAME))
                .hasMessageContaining("its key has 0 MiB left for paused sandboxes and snapshots");

        assertThat(phase(second)).isEqualTo(SandboxPhase.RUNNING);
        assertThat(checkpoints.names()).hasSize(1);
    }

    @Test
    void anOwnerPausesNoMoreThanItMay() {
        SandboxOwner one = new SandboxOwner(
                OWNER.claimant(), Optional.empty(), Optional.empty(), Optional.of(1), Optional.empty());
        SandboxId first = create(one).id();
        SandboxId second = create(one).id();
        Sandbox _ = sandboxes.pause(first, NAME);

        assertThatThrownBy(() -> sandboxes.pause(second, NAME))
                .hasMessage("the limit of key:ci for paused sandboxes is reached (1); resume or kill one");

        Sandbox other = create(OTHER);
        assertThat(sandboxes.pause(other.id(), OTHER.name()).phase()).isEqualTo(SandboxPhase.PAUSED);
        assertThat(sandboxes.kill(other.id(), OTHER.name(), SandboxEnd.KILLED)).isTrue();
    }

    @Test
    void aSandboxWhoseProgramsDoNotStopRunsOn() {
        Sandbox sandbox = sleeping();
        guests.getFirst().failingFreeze(Fault.GUEST_REFUSED, false);

        assertFault(() -> sandboxes.pause(sandbox.id(), NAME), Fault.GUEST_REFUSED);

        assertRunsOn(sandbox);
    }

    @Test
    void aSandboxThatTheVmmDoesNotSaveRunsOn() {
        Sandbox sandbox = sleeping();
        vmm.failCheckpoints("no space left");

        assertThatThrownBy(() -> sandboxes.pause(sandbox.id(), NAME)).hasMessageContaining("no space left");

        assertRunsOn(sandbox);
    }

    /** Its machine stands still already. */
    @Test
    void aSandboxThatTheStoreDoesNotKeepRunsOn() {
        Sandbox sandbox = sleeping();
        checkpoints.after = () -> {
            throw new NeuroVisorException(Fault.STORAGE_FAILED, "no space left");
        };

        assertFault(() -> sandboxes.pause(sandbox.id(), NAME), Fault.STORAGE_FAILED);

        assertRunsOn(sandbox);
        checkpoints.after = () -> {};
        assertThat(sandboxes.pause(sandbox.id(), NAME).phase()).isEqualTo(SandboxPhase.PAUSED);
    }

    @Test
    void aDefectOfTheStoreDoesNotStopASandbox() {
        Sandbox sandbox = sleeping();
        checkpoints.after = () -> {
            throw new IllegalStateException("a defect");
        };

        assertFault(() -> sandboxes.pause(sandbox.id(), NAME), Fault.INTERNAL);

        assertRunsOn(sandbox);
    }

    private Sandbox sleeping() {
        Sandbox sandbox = create();
        sandbox.processes().start(sleep(), soon()).close();
        return sandbox;
    }

    private void assertRunsOn(Sandbox sandbox) {
        assertThat(phase(sandbox.id())).isEqualTo(SandboxPhase.RUNNING);
        assertThat(sandbox.processes().list(soon())).hasSize(1);
        assertThat(record(sandbox.id()).generation()).isOne();
        assertThat(checkpoints.names()).isEmpty();
        assertThat(recorded.events).noneMatch(event -> event.startsWith("paused"));
    }

    @Test
    void aMachineThatDiesWhileItIsSavedEndsItsSandbox() {
        SandboxId id = create().id();
        checkpoints.before = () -> guests.getFirst().dead("QEMU was killed by signal 9");

        assertFault(() -> sandboxes.pause(id, NAME), Fault.SANDBOX_DIED);

        assertThat(record(id).end()).contains(SandboxEnd.DIED);
        assertThat(record(id).endDetail()).isEqualTo("QEMU was killed by signal 9");
        assertThat(vmm.livingCount()).isZero();
        assertThat(checkpoints.names()).isEmpty();
    }

    @Test
    void aMachineThatIsLostWhileItIsSavedLosesItsSandbox() {
        SandboxId id = create().id();
        checkpoints.before = () -> guests.getFirst().lost();

        assertFault(() -> sandboxes.pause(id, NAME), Fault.SANDBOX_MOVED);

        assertThat(record(id).end()).contains(SandboxEnd.LOST);
    }

    @Test
    void aMachineThatDoesNotGoOnAfterItWasSavedEndsItsSandbox() {
        SandboxId id = create().id();
        checkpoints.after = () -> {
            guests.getFirst().silent();
            throw new NeuroVisorException(Fault.STORAGE_FAILED, "no space left");
        };

        assertFault(() -> sandboxes.pause(id, NAME), Fault.SANDBOX_DIED);

        assertThat(record(id).end()).contains(SandboxEnd.DIED);
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void aSandboxThatIsKilledBeforeItIsSavedLeavesNothing() {
        SandboxId id = create().id();
        checkpoints.before = () -> killMeanwhile(id);

        assertKilled(id);
    }

    @Test
    void aSandboxThatIsKilledAfterItWasSavedLeavesNothing() {
        SandboxId id = create().id();
        checkpoints.after = () -> killMeanwhile(id);

        assertKilled(id);
    }

    @Test
    void aSandboxThatIsKilledWhenItIsRecordedAsPausedLeavesNothing() {
        SandboxId id = create().id();
        AtomicBoolean kills = new AtomicBoolean(true);
        recorded.onUpdate = record -> {
            if (record.isPaused() && kills.getAndSet(false)) {
                killMeanwhile(id);
            }
        };

        assertKilled(id);
    }

    private void assertKilled(SandboxId id) {
        assertThatThrownBy(() -> sandboxes.pause(id, NAME)).hasMessageContaining("was killed at");

        assertThat(record(id).end()).contains(SandboxEnd.KILLED);
        assertThat(recorded.rows.getLast().end()).contains(SandboxEnd.KILLED);
        assertThat(vmm.livingCount()).isZero();
        assertThat(checkpoints.names()).isEmpty();
        assertThat(recorded.events.getLast()).isEqualTo("ended " + id + " KILLED");
    }

    @Test
    void aSandboxThatIsKilledWhileItIsResumedLeavesNothing() {
        SandboxId id = paused();
        whileStarting = () -> killMeanwhile(id);

        assertThatThrownBy(() -> sandboxes.connect(id, OWNER, LONG)).hasMessageContaining("was killed at");

        assertThat(record(id).end()).contains(SandboxEnd.KILLED);
        assertThat(vmm.livingCount()).isZero();
        assertThat(checkpoints.names()).isEmpty();
    }

    @Test
    void aSandboxThatIsKilledWhenItHasBeenRestoredLeavesNothing() {
        SandboxId id = paused();
        nextGuests.add(new FakeGuest().whileMeasured(() -> killMeanwhile(id)));

        assertThatThrownBy(() -> sandboxes.connect(id, OWNER, LONG)).hasMessageContaining("was killed at");

        assertThat(record(id).end()).contains(SandboxEnd.KILLED);
        assertThat(vmm.livingCount()).isZero();
        assertThat(checkpoints.names()).isEmpty();
    }

    @Test
    void aPausedSandboxThatIsKilledLeavesNothing() {
        SandboxId id = paused();

        assertThat(sandboxes.kill(id, NAME, SandboxEnd.KILLED)).isTrue();

        assertThat(checkpoints.names()).isEmpty();
        assertThat(sandboxes.kill(id, NAME, SandboxEnd.KILLED)).as("again").isFalse();
    }

    @Test
    void thePausedSandboxesOfARevokedKeyEnd() {
        SandboxId id = paused();
        SandboxId running = create().id();

        assertThat(sandboxes.killAll(NAME, SandboxEnd.REVOKED)).isEqualTo(2);

        assertThat(record(id).end()).contains(SandboxEnd.REVOKED);
        assertThat(record(running).end()).contains(SandboxEnd.REVOKED);
        assertThat(checkpoints.names()).isEmpty();
    }

    @Test
    void staysPausedWithoutRoomForItsMachine() {
        SandboxId id = paused();
        for (int i = 0; i <= SandboxPauses.MOST_DEATHS; i++) {
            whileStarting = () -> {
                throw new NeuroVisorException(Fault.MEMORY_SHORT, "the host lacks memory");
            };
            assertFault(() -> sandboxes.connect(id, OWNER, LONG), Fault.MEMORY_SHORT);
            assertThat(phase(id)).isEqualTo(SandboxPhase.PAUSED);
        }
        whileStarting = () -> {};

        assertThat(sandboxes.connect(id, OWNER, LONG).phase()).isEqualTo(SandboxPhase.RUNNING);
    }

    /** A paused sandbox keeps the agent of the NeuroVisor that created it. */
    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void staysPausedIfItsAgentSpeaksAnotherVersion(int version) {
        SandboxId id = paused();
        for (int i = 0; i <= SandboxPauses.MOST_DEATHS; i++) {
            nextGuests.add(new FakeGuest().speaking(version));

            assertThatThrownBy(() -> sandboxes.connect(id, OWNER, LONG))
                    .hasMessageContainingAll("speaks version " + version, "this NeuroVisor versions 1 to 1");

            assertThat(phase(id)).isEqualTo(SandboxPhase.PAUSED);
            assertThat(vmm.livingCount()).isZero();
        }
        nextGuests.add(new FakeGuest().speaking(version));
        assertFault(() -> sandboxes.connect(id, OWNER, LONG), Fault.CHECKPOINT_FOREIGN);
        assertThat(sandboxes.connect(id, OWNER, LONG).phase()).isEqualTo(SandboxPhase.RUNNING);
    }

    @Test
    void endsWhenThreeOfItsMachinesHaveDied() {
        SandboxId id = paused();
        vmm.failStarts("QEMU was killed by signal 9");
        for (int i = 1; i < SandboxPauses.MOST_DEATHS; i++) {
            assertFault(() -> sandboxes.connect(id, OWNER, LONG), Fault.VMM_FAILED);
            assertThat(phase(id)).isEqualTo(SandboxPhase.PAUSED);
        }

        assertFault(() -> sandboxes.connect(id, OWNER, LONG), Fault.SANDBOX_DIED);

        assertThat(record(id).end()).contains(SandboxEnd.DIED);
        assertThat(record(id).endDetail()).contains("killed by signal 9");
        assertThat(checkpoints.names()).isEmpty();
    }

    @Test
    void aGuestThatIsSilentAfterItWasRestoredIsResumedLater() {
        SandboxId id = paused();
        nextGuests.add(new FakeGuest().silent());

        assertFault(() -> sandboxes.connect(id, OWNER, LONG), Fault.GUEST_SILENT);

        assertThat(phase(id)).isEqualTo(SandboxPhase.PAUSED);
        assertThat(vmm.livingCount()).isZero();
        assertThat(sandboxes.connect(id, OWNER, LONG).phase()).isEqualTo(SandboxPhase.RUNNING);
    }

    @Test
    void isLostWithItsCheckpoint() {
        SandboxId id = paused();
        checkpoints.damage(id);

        assertFault(() -> sandboxes.connect(id, OWNER, LONG), Fault.CHECKPOINT_DAMAGED);

        assertThat(record(id).end()).contains(SandboxEnd.LOST);
        assertThat(record(id).endDetail()).contains("is damaged");
        assertThat(checkpoints.names()).isEmpty();
    }

    private SandboxId paused() {
        SandboxId id = create(OnTimeout.PAUSE, false).id();
        return sandboxes.pause(id, NAME).id();
    }
}
