package io.neurovisor.engine.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.ProcessInfo;
import io.neurovisor.engine.sandbox.checkpoint.MachineSaving;
import io.neurovisor.engine.sandbox.checkpoint.Snapshot;
import io.neurovisor.engine.sandbox.snapshot.Snapshots;
import io.neurovisor.engine.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests snapshots of sandboxes that run or are paused. */
final class SnapshotsTest extends SandboxesFixture {
    private final Snapshots snapshots = new Snapshots(
            sandboxes, new MachineSaving(checkpoints, vmm.identity(), vmm), () -> systemTime, new Random(2));

    @AfterEach
    void deleteAll() {
        snapshots.all().forEach(snapshots::delete);
    }

    @Test
    void aProcessGoesOnInASandboxThatIsCreatedFromASnapshot() {
        Sandbox source = sleeping(create());
        Snapshot snapshot = take(source, "ready");
        assertThat(phase(source.id())).isEqualTo(SandboxPhase.RUNNING);
        assertThat(source.processes().list(soon())).hasSize(1);
        assertThat(sandboxes.kill(source.id(), NAME, SandboxEnd.KILLED)).isTrue();

        Sandbox first = create(snapshot);
        Sandbox second = create(snapshot);

        for (Sandbox created : new Sandbox[] {first, second}) {
            assertThat(created.processes().list(soon()))
                    .extracting(ProcessInfo::spec)
                    .containsExactly(sleep());
            assertThat(created.record().generation()).isOne();
            assertThat(created.record().spec().forkedFrom()).contains(source.id());
        }
        assertThat(first.record().vmId()).isNotEqualTo(second.record().vmId());
        assertThat(snapshots.list(NAME)).containsExactly(snapshot);
    }

    @Test
    void theSnapshotSaysWhatItIsOf() {
        SandboxSpec spec = new SandboxSpec(
                KIND,
                Duration.ofMinutes(5),
                Map.of("A", "1"),
                Optional.of("/tmp"),
                Map.of("user", "7"),
                "first",
                Optional.of("key"));
        Sandbox source = sandboxes.create(spec, OWNER, soon());

        Snapshot snapshot = take(source, "ready");

        assertThat(snapshot)
                .isEqualTo(
                        new Snapshot(snapshot.id(), NAME, "ready", source.id(), KIND, Optional.of("/tmp"), systemTime));
        assertThat(snapshots.bytes(snapshot)).isPositive();
    }

    @Test
    void aPausedSandboxStaysPaused() {
        Sandbox source = sleeping(create());
        Sandbox _ = sandboxes.pause(source.id(), NAME);

        Snapshot snapshot = take(source, "");

        assertThat(phase(source.id())).isEqualTo(SandboxPhase.PAUSED);
        assertThat(create(snapshot).processes().list(soon())).hasSize(1);
        assertThat(sandboxes.connect(source.id(), OWNER, LONG).processes().list(soon()))
                .hasSize(1);
    }

    @Test
    void theSandboxRunsOnBeforeTheSnapshotIsOnTheDisk() {
        Sandbox source = create();
        checkpoints.after = () -> assertThat(phase(source.id())).isEqualTo(SandboxPhase.RUNNING);
        assertThat(snapshots.list(NAME)).isEmpty();
        Snapshot snapshot = take(source, "");
        assertThat(snapshots.list(NAME)).containsExactly(snapshot);
    }

    @Test
    void aDiskThatFailsAfterTheMemoryIsReadLosesTheSnapshotAlone() {
        Sandbox source = sleeping(create());
        checkpoints.after = () -> {
            throw new NeuroVisorException(Fault.STORAGE_FAILED, "no space left");
        };

        assertFault(() -> take(source, ""), Fault.STORAGE_FAILED);

        assertThat(phase(source.id())).isEqualTo(SandboxPhase.RUNNING);
        assertThat(source.processes().list(soon())).hasSize(1);
        assertThat(snapshots.list(NAME)).isEmpty();
        checkpoints.after = () -> {};
        assertThat(sandboxes.pause(source.id(), NAME).phase()).isEqualTo(SandboxPhase.PAUSED);
    }

    @Test
    void aSandboxWhoseProgramsDoNotStopRunsOnWithoutASnapshot() {
        Sandbox source = sleeping(create());
        guests.getFirst().failingFreeze(Fault.GUEST_REFUSED, false);

        assertFault(() -> take(source, ""), Fault.GUEST_REFUSED);

        assertThat(source.processes().list(soon())).hasSize(1);
        assertThat(snapshots.list(NAME)).isEmpty();
    }

    @Test
    void aSandboxThatDiesWhileItIsSavedHasNoSnapshot() {
        Sandbox source = create();
        checkpoints.before = () -> guests.getFirst().dead("QEMU was killed by signal 9");

        assertThatThrownBy(() -> take(source, "")).isInstanceOf(NeuroVisorException.class);

        assertThat(record(source.id()).end()).contains(SandboxEnd.DIED);
        assertThat(snapshots.list(NAME)).isEmpty();
    }

    /** The caller waits also if the sandbox is paused, and so has no machine. */
    @Test
    void aDeadlineOfTheCallerEndsItsWaitOnly() throws InterruptedException {
        Sandbox source = create();
        Sandbox _ = sandboxes.pause(source.id(), NAME);
        CountDownLatch waited = new CountDownLatch(1);
        Thread[] saver = new Thread[1];
        executor = task -> saver[0] = Thread.ofVirtual().start(() -> {
            await(waited);
            task.run();
        });

        assertFault(
                () -> snapshots.take(source.id(), OWNER, "late", Deadline.after(Duration.ZERO, ticker)),
                Fault.SANDBOX_BUSY);
        assertThat(snapshots.list(NAME)).isEmpty();
        waited.countDown();
        saver[0].join();

        assertThat(snapshots.list(NAME)).extracting(Snapshot::name).containsExactly("late");
        executor = Runnable::run;
    }

    @Test
    void ofTwoWithOneNameTheNewestIsMeant() {
        Sandbox source = create();
        Snapshot first = take(source, "ready");
        systemTime = systemTime.plusSeconds(1);
        Snapshot second = take(source, "ready");
        assertThat(snapshots.find("ready", NAME)).contains(second);
        assertThat(snapshots.find(first.id().value(), NAME)).contains(first);
        snapshots.delete(second);
        assertThat(snapshots.find("ready", NAME)).contains(first);
        assertThat(snapshots.find("", NAME)).isEmpty();
        assertThat(snapshots.find("read", NAME)).isEmpty();
    }

    @Test
    void aNameIsNotFoundIfItIsTheIdOfAnother() {
        Sandbox source = create();
        Snapshot first = take(source, "");
        systemTime = systemTime.plusSeconds(1);
        Snapshot _ = take(source, first.id().value());
        assertThat(snapshots.find(first.id().value(), NAME)).contains(first);
    }

    @Test
    void anotherOwnerSeesNothing() {
        Sandbox source = create();
        Snapshot snapshot = take(source, "ready");
        assertThat(snapshots.list(OTHER.name())).isEmpty();
        assertThat(snapshots.find("ready", OTHER.name())).isEmpty();
        assertThat(snapshots.find(snapshot.id().value(), OTHER.name())).isEmpty();
        assertFault(() -> snapshots.take(source.id(), OTHER, "", soon()), Fault.SANDBOX_UNKNOWN);
    }

    @Test
    void aSandboxThatHasEndedIsNotSaved() {
        Sandbox source = create();
        assertThat(sandboxes.kill(source.id(), NAME, SandboxEnd.KILLED)).isTrue();
        assertThatThrownBy(() -> take(source, "")).hasMessageContaining("was killed");
    }

    @Test
    void anOwnerKeepsAHundred() {
        Sandbox source = create();
        for (int i = 0; i < 100; i++) {
            Snapshot _ = take(source, "");
        }
        assertThatThrownBy(() -> take(source, ""))
                .hasMessage("key:ci has 100 snapshots and templates, as many as a client may keep; delete one");
        snapshots.delete(snapshots.list(NAME).getLast());
        assertThat(take(source, "last").name()).isEqualTo("last");
    }

    @Test
    void aDamagedSnapshotMakesNoSandbox() {
        Snapshot snapshot = take(create(), "");
        checkpoints.damage(snapshot.id());
        assertFault(() -> create(snapshot), Fault.CHECKPOINT_DAMAGED);
        assertThatThrownBy(() -> create(snapshot))
                .hasMessageStartingWith("snapshot " + snapshot.id() + " cannot be used: ");
        assertThat(sandboxes.all()).hasSize(1);
    }

    @Test
    void anOwnerWithoutSpaceTakesNone() {
        SandboxOwner small = new SandboxOwner(
                OWNER.claimant(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(0L));
        Sandbox source = create();
        Snapshot first = snapshots.take(source.id(), small, "", soon());
        assertFault(() -> snapshots.take(source.id(), small, "", soon()), Fault.DISK_SHORT);
        assertThat(phase(source.id())).isEqualTo(SandboxPhase.RUNNING);
        assertThat(snapshots.list(NAME)).containsExactly(first);
    }

    @Test
    void sandboxesOfATemplateGoOnWhereItsSnapshotWasTaken() {
        Snapshot snapshot = take(sleeping(create()), "ready");
        List<Long> reports = new ArrayList<>();

        Snapshot template = snapshots.makeTemplate(snapshot, OWNER, "mine", (bytes, _) -> reports.add(bytes));
        snapshots.delete(snapshot);

        assertThat(reports).isNotEmpty();
        assertThat(template.isTemplate()).isTrue();
        assertThat(snapshots.find("mine", NAME)).contains(template);
        Sandbox created = create(template);
        assertThat(created.processes().list(soon()))
                .extracting(ProcessInfo::spec)
                .containsExactly(sleep());
        Sandbox _ = sandboxes.pause(created.id(), NAME);
        assertThat(sandboxes.connect(created.id(), OWNER, LONG).processes().list(soon()))
                .as("paused, and one step above the template")
                .hasSize(1);
    }

    @Test
    void aTemplateOfATemplateIsIndependent() {
        Snapshot first = snapshots.makeTemplate(take(sleeping(create()), ""), OWNER, "first", (_, _) -> {});
        Sandbox created = create(first);
        Snapshot second = snapshots.makeTemplate(take(created, ""), OWNER, "second", (_, _) -> {});
        assertThat(sandboxes.kill(created.id(), NAME, SandboxEnd.KILLED)).isTrue();
        snapshots.list(NAME).stream().filter(snapshot -> !snapshot.isTemplate()).forEach(snapshots::delete);

        snapshots.deleteUnused(first);

        assertThat(create(second).processes().list(soon())).hasSize(1);
    }

    @Test
    void aTemplateThatIsNeededIsNotDeleted() {
        Snapshot template = snapshots.makeTemplate(take(create(), ""), OWNER, "mine", (_, _) -> {});
        Sandbox created = create(template);

        assertThatThrownBy(() -> snapshots.deleteUnused(template))
                .hasMessage("template " + template.id() + " is the memory of " + created.id()
                        + "; kill or delete these first");
        Sandbox _ = sandboxes.pause(created.id(), NAME);
        assertFault(() -> snapshots.deleteUnused(template), Fault.TEMPLATE_IN_USE);
        Snapshot snapshot = take(created, "");
        assertThat(sandboxes.kill(created.id(), NAME, SandboxEnd.KILLED)).isTrue();
        assertThatThrownBy(() -> snapshots.deleteUnused(template))
                .hasMessageContaining(snapshot.id().value());
        snapshots.delete(snapshot);
        snapshots.deleteUnused(template);
        assertThat(snapshots.find("mine", NAME)).isEmpty();
    }

    @Test
    void aTemplateThatIsBeingUsedIsNotDeleted() {
        Snapshot template = snapshots.makeTemplate(take(create(), ""), OWNER, "mine", (_, _) -> {});
        whileStarting = () -> assertFault(() -> snapshots.deleteUnused(template), Fault.TEMPLATE_IN_USE);

        assertThat(create(template).phase()).isEqualTo(SandboxPhase.RUNNING);

        whileStarting = () -> {};
    }

    @Test
    void aTemplateNeedsANameAndSpace() {
        Snapshot snapshot = take(create(), "");
        assertFault(() -> snapshots.makeTemplate(snapshot, OWNER, "", (_, _) -> {}), Fault.INVALID_ARGUMENT);
        SandboxOwner small = new SandboxOwner(
                OWNER.claimant(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(1L << 20));
        assertFault(() -> snapshots.makeTemplate(snapshot, small, "mine", (_, _) -> {}), Fault.DISK_SHORT);
        assertThat(snapshots.list(NAME)).containsExactly(snapshot);
    }

    @Test
    void rejectsALongName() {
        Sandbox source = create();
        assertThat(take(source, "n".repeat(63)).name()).hasSize(63);
        assertThatThrownBy(() -> take(source, "n".repeat(64))).hasMessage("a name of 64 characters; at most 63");
    }

    private Snapshot take(Sandbox source, String name) {
        return snapshots.take(source.id(), OWNER, name, soon());
    }

    private Sandbox create(Snapshot snapshot) {
        SandboxSpec spec = new SandboxSpec(
                snapshot.kind(),
                Duration.ofMinutes(5),
                Map.of(),
                snapshot.directory(),
                Map.of(),
                "",
                Optional.empty(),
                SandboxSpec.OnTimeout.KILL,
                false,
                Optional.empty(),
                Optional.of(snapshot.source()));
        return snapshots.create(snapshot, spec, OWNER, soon());
    }

    private Sandbox sleeping(Sandbox sandbox) {
        sandbox.processes().start(sleep(), soon()).close();
        return sandbox;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupt) {
            throw new AssertionError(interrupt);
        }
    }
}
