package io.neurovisor.engine.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.process.ProcessInfo;
import io.neurovisor.engine.sandbox.SandboxSpec.OnTimeout;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Tests what clients see of sandboxes that are paused and resumed. */
final class PausedSandboxesTest extends SandboxesFixture {
    @Test
    void aProcessGoesOnInTheNextMachine() {
        Sandbox sandbox = create();
        sandbox.processes().start(sleep(), soon()).close();

        Sandbox paused = sandboxes.pause(sandbox.id(), NAME);

        assertThat(paused.phase()).isEqualTo(SandboxPhase.PAUSED);
        assertThat(paused.record().pause()).contains(PauseReason.CLIENT);
        assertThat(vmm.livingCount()).isZero();
        assertThat(checkpoints.names()).containsExactly(sandbox.id() + "-1");
        Sandbox resumed = sandboxes.connect(sandbox.id(), OWNER, LONG);
        assertThat(resumed.phase()).isEqualTo(SandboxPhase.RUNNING);
        assertThat(resumed.record().generation()).isEqualTo(2);
        assertThat(resumed.record().vmId()).isNotEqualTo(sandbox.record().vmId());
        assertThat(resumed.record().isPaused()).isFalse();
        assertThat(resumed.diskBytes()).isEqualTo(sandbox.diskBytes());
        assertThat(resumed.processes().list(soon()))
                .extracting(ProcessInfo::spec)
                .containsExactly(sleep());
        assertThat(sandbox.processes().list(soon()))
                .as("by the handle of before")
                .hasSize(1);
        assertThat(recorded.events)
                .containsExactly(
                        "created " + sandbox.id(),
                        "paused " + sandbox.id(),
                        "resumed " + sandbox.id(),
                        "timeout " + sandbox.id());
    }

    /** A daemon that is killed in between finds a record and a checkpoint, and no machine has run on. */
    @Test
    void isRecordedAsPausedBeforeItsMachineIsKilled() {
        SandboxId id = create().id();
        recorded.onUpdate = record -> assertThat(vmm.livingCount())
                .as("machines of " + record)
                .isEqualTo(record.end().isPresent() ? 0 : 1);

        Sandbox _ = sandboxes.pause(id, NAME);

        assertThat(recorded.rows.getLast().isPaused()).isTrue();
        recorded.onUpdate = _ -> {};
        Sandbox _ = sandboxes.connect(id, OWNER, LONG);
        assertThat(recorded.rows.getLast().isPaused()).isFalse();
    }

    @Test
    void keepsTheLastCheckpointAlone() {
        SandboxId id = create().id();
        for (int generation = 1; generation <= 3; generation++) {
            Sandbox _ = sandboxes.pause(id, NAME);
            assertThat(checkpoints.names()).containsExactly(id + "-" + generation);
            Sandbox _ = sandboxes.connect(id, OWNER, LONG);
        }
        assertThat(checkpoints.names()).as("while it runs").containsExactly(id + "-3");
        assertThat(vmm.livingCount()).isOne();
    }

    @Test
    void pausingAPausedSandboxChangesNothing() {
        SandboxId id = create().id();
        SandboxRecord record = sandboxes.pause(id, NAME).record();

        assertThat(sandboxes.pause(id, NAME).record()).isEqualTo(record);
        assertThat(recorded.events)
                .filteredOn(event -> event.startsWith("paused"))
                .hasSize(1);
    }

    @Test
    void theSandboxOfAnotherOwnerIsUnknown() {
        SandboxId id = create().id();

        assertFault(() -> sandboxes.pause(id, OTHER.name()), Fault.SANDBOX_UNKNOWN);
        Sandbox _ = sandboxes.pause(id, NAME);
        assertFault(() -> sandboxes.connect(id, OTHER, LONG), Fault.SANDBOX_UNKNOWN);
        assertThat(phase(id)).isEqualTo(SandboxPhase.PAUSED);
    }

    @Test
    void aPausedSandboxLeavesItsRoomToOthers() {
        SandboxId id = create().id();
        Sandbox _ = create();
        Sandbox _ = create();
        assertFault(this::create, Fault.SANDBOX_QUOTA);

        Sandbox _ = sandboxes.pause(id, NAME);

        SandboxId other = create().id();
        assertFault(() -> sandboxes.connect(id, OWNER, LONG), Fault.SANDBOX_QUOTA);
        assertThat(phase(id)).isEqualTo(SandboxPhase.PAUSED);
        assertThat(sandboxes.kill(other, NAME, SandboxEnd.KILLED)).isTrue();
        assertThat(sandboxes.connect(id, OWNER, LONG).phase()).isEqualTo(SandboxPhase.RUNNING);
    }

    @Test
    void limitsThoseThatArePaused() {
        for (int i = 0; i < MOST_PAUSED; i++) {
            Sandbox _ = sandboxes.pause(create().id(), NAME);
        }
        SandboxId id = create().id();

        assertThatThrownBy(() -> sandboxes.pause(id, NAME)).hasMessageContaining("paused sandboxes is reached (2)");

        assertThat(phase(id)).isEqualTo(SandboxPhase.RUNNING);
    }

    @Test
    void aCallForAPausedSandboxIsRefused() {
        Sandbox sandbox = create();
        Sandbox _ = sandboxes.pause(sandbox.id(), NAME);

        assertFault(() -> sandbox.processes().list(soon()), Fault.SANDBOX_PAUSED);
        assertFault(() -> sandboxes.require(sandbox.id(), OWNER), Fault.SANDBOX_PAUSED);
        assertFault(() -> sandbox.usage(soon()), Fault.SANDBOX_PAUSED);
        assertThat(phase(sandbox.id())).isEqualTo(SandboxPhase.PAUSED);
    }

    @Test
    void aCallResumesASandboxThatIsToBeResumed() {
        Sandbox sandbox = create(OnTimeout.KILL, true);
        sandbox.processes().start(sleep(), soon()).close();
        Sandbox _ = sandboxes.pause(sandbox.id(), NAME);

        assertThat(sandbox.processes().list(soon())).hasSize(1);

        Sandbox _ = sandboxes.pause(sandbox.id(), NAME);
        assertThat(sandboxes.require(sandbox.id(), OWNER).phase()).isEqualTo(SandboxPhase.RUNNING);
    }

    @Test
    void aMeasurementResumesNothing() {
        Sandbox sandbox = create(OnTimeout.KILL, true);
        Sandbox _ = sandboxes.pause(sandbox.id(), NAME);

        assertFault(() -> sandbox.usage(soon()), Fault.SANDBOX_PAUSED);
        assertFault(
                () -> sandboxes.find(sandbox.id(), NAME).orElseThrow().files().stat("/tmp", soon()),
                Fault.SANDBOX_PAUSED);
        assertThat(phase(sandbox.id())).isEqualTo(SandboxPhase.PAUSED);
    }

    @Test
    void streamsUnderWayEndWithThePause() {
        Sandbox sandbox = create();
        ProcessEvents events = sandbox.processes().start(sleep(), soon());
        assertThat(events.next()).as("its start").isPresent();

        Sandbox _ = sandboxes.pause(sandbox.id(), NAME);

        assertThatThrownBy(events::next)
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.SANDBOX_MOVED))
                .hasMessageContaining("was paused or copied during the call");
    }

    @Test
    void aCallThatThePauseInterruptsDoesNotEndTheSandbox() {
        Sandbox sandbox = create();

        assertFault(
                () -> sandbox.calls().call(_ -> {
                    Sandbox _ = sandboxes.pause(sandbox.id(), NAME);
                    Sandbox _ = sandboxes.connect(sandbox.id(), OWNER, LONG);
                    throw new NeuroVisorException(Fault.SANDBOX_LOST, "the connection was closed");
                }),
                Fault.SANDBOX_MOVED);

        assertThat(phase(sandbox.id())).isEqualTo(SandboxPhase.RUNNING);
    }

    @Test
    void isPausedWhenItsTimeHasPassed() {
        SandboxId id = create(OnTimeout.PAUSE, false).id();
        ticker.advance(Duration.ofMinutes(5));

        Duration _ = sandboxes.settle();

        assertThat(record(id).pause()).contains(PauseReason.TIMED_OUT);
        assertThat(vmm.livingCount()).isZero();
        ticker.advance(Duration.ofHours(30));
        assertThat(sandboxes.settle()).isEqualTo(SandboxBook.NEVER);
        assertThat(phase(id)).isEqualTo(SandboxPhase.PAUSED);
        Sandbox resumed = sandboxes.connect(id, OWNER, LONG);
        assertThat(Duration.between(systemTime, resumed.record().ends()))
                .as("as much time as a new one")
                .isEqualTo(Duration.ofHours(30).plusMinutes(10));
    }

    @Test
    void aPausedSandboxThatIsToBeKilledEndsAtItsTime() {
        SandboxId id = create(OnTimeout.KILL, false).id();
        Sandbox _ = sandboxes.pause(id, NAME);
        ticker.advance(Duration.ofMinutes(5));

        Duration _ = sandboxes.settle();

        assertThat(record(id).end()).contains(SandboxEnd.TIMED_OUT);
        assertThat(checkpoints.names()).isEmpty();
        assertThat(recorded.events.getLast()).isEqualTo("ended " + id + " TIMED_OUT");
    }

    @Test
    void aSandboxThatCannotBePausedAtItsTimeHasThreeMinutes() {
        SandboxId id = create(OnTimeout.PAUSE, false).id();
        guests.getFirst().failingFreeze(Fault.GUEST_REFUSED, false);
        ticker.advance(Duration.ofMinutes(5));
        for (int i = 1; i < SandboxPauses.MOST_FAILED; i++) {
            Duration _ = sandboxes.settle();
            assertThat(phase(id)).isEqualTo(SandboxPhase.RUNNING);
            assertThat(recorded.rows.getLast().ends())
                    .isEqualTo(systemTime.plus(Duration.ofMinutes(5)).plus(SandboxPauses.INTERVAL.multipliedBy(i)));
            ticker.advance(SandboxPauses.INTERVAL);
        }

        Duration _ = sandboxes.settle();

        assertThat(record(id).end()).contains(SandboxEnd.TIMED_OUT);
        assertThat(record(id).endDetail())
                .isEqualTo("it could not be paused: the guest agent did not freeze its programs");
    }

    @Test
    void aTimeOutOfZeroPausesASandboxThatIsToBePaused() {
        SandboxId id = create(OnTimeout.PAUSE, false).id();

        assertThat(sandboxes.setTimeout(id, NAME, Duration.ZERO).phase()).isEqualTo(SandboxPhase.PAUSED);
        assertThat(record(id).pause()).contains(PauseReason.TIMED_OUT);
    }

    @Test
    void theTimeOutOfAPausedSandboxIsSetWithoutResumingIt() {
        SandboxId id = create(OnTimeout.KILL, true).id();
        Sandbox _ = sandboxes.pause(id, NAME);

        Sandbox set = sandboxes.setTimeout(id, NAME, Duration.ofHours(1));

        assertThat(set.phase()).isEqualTo(SandboxPhase.PAUSED);
        assertThat(set.record().ends()).isEqualTo(systemTime.plus(Duration.ofHours(1)));
        assertThat(recorded.rows.getLast()).isEqualTo(set.record());
        assertThat(sandboxes.setTimeout(id, NAME, Duration.ZERO).record().end()).contains(SandboxEnd.TIMED_OUT);
    }

    @Test
    void callersAtTheSameTimeShareOnePause() throws Exception {
        SandboxId id = create().id();
        executor = task -> Thread.ofVirtual().start(task);
        CountDownLatch mayBeSaved = new CountDownLatch(1);
        checkpoints.before = () -> await(mayBeSaved);
        List<CompletableFuture<Sandbox>> answers = List.of(new CompletableFuture<>(), new CompletableFuture<>());
        List<Thread> callers = answers.stream()
                .map(answer -> Thread.ofPlatform()
                        .start(() -> answer.completeAsync(() -> sandboxes.pause(id, NAME), Runnable::run)))
                .toList();
        callers.forEach(SandboxesFixture::settled);

        mayBeSaved.countDown();

        for (CompletableFuture<Sandbox> answer : answers) {
            assertThat(answer.get(60, TimeUnit.SECONDS).phase()).isEqualTo(SandboxPhase.PAUSED);
        }
        assertThat(recorded.events)
                .filteredOn(event -> event.startsWith("paused"))
                .hasSize(1);
    }

    @Test
    void callersAtTheSameTimeShareOneMachine() throws Exception {
        Sandbox sandbox = create(OnTimeout.KILL, true);
        Sandbox _ = sandboxes.pause(sandbox.id(), NAME);
        executor = task -> Thread.ofVirtual().start(task);
        CountDownLatch mayStart = new CountDownLatch(1);
        whileStarting = () -> await(mayStart);
        List<CompletableFuture<Integer>> answers =
                List.of(new CompletableFuture<>(), new CompletableFuture<>(), new CompletableFuture<>());
        List<Thread> callers = answers.stream()
                .map(answer -> Thread.ofPlatform()
                        .start(() -> answer.completeAsync(
                                () -> sandbox.processes().list(soon()).size(), Runnable::run)))
                .toList();
        callers.forEach(SandboxesFixture::settled);
        assertThat(phase(sandbox.id())).isEqualTo(SandboxPhase.RESUMING);

        mayStart.countDown();

        for (CompletableFuture<Integer> answer : answers) {
            assertThat(answer.get(60, TimeUnit.SECONDS)).isZero();
        }
        assertThat(guests).hasSize(2);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException exception) {
            throw new AssertionError(exception);
        }
    }
}
