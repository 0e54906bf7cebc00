package io.neurovisor.engine.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.sandbox.SandboxSpec.OnTimeout;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.testkit.FakeGuest;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Tests what becomes of sandboxes when their daemon ends, and when the next one starts. */
final class PausedDaemonTest extends SandboxesFixture {
    @Test
    void pausesAllSandboxesWithTheDaemon() {
        SandboxId first = create().id();
        SandboxId paused = sandboxes.pause(create(OTHER).id(), OTHER.name()).id();
        Sandbox _ = create();
        Sandbox _ = create();

        assertThat(sandboxes.pauseAll(soon())).isEmpty();

        assertThat(sandboxes.all())
                .hasSize(4)
                .allSatisfy(sandbox -> assertThat(sandbox.phase()).isEqualTo(SandboxPhase.PAUSED));
        assertThat(record(first).pause()).contains(PauseReason.SHUTDOWN);
        assertThat(sandboxes.find(paused, OTHER.name()).orElseThrow().record().pause())
                .contains(PauseReason.CLIENT);
        assertThat(vmm.livingCount()).isZero();
        assertFault(this::create, Fault.STOPPING);
        assertFault(() -> sandboxes.connect(first, OWNER, LONG), Fault.STOPPING);
        sandboxes.close();
        assertThat(phase(first)).as("after the end of the daemon").isEqualTo(SandboxPhase.PAUSED);
        assertThat(sandboxes.kill(paused, OTHER.name(), SandboxEnd.KILLED)).isTrue();
    }

    @Test
    void pausesTwoAtATime() {
        Sandbox _ = create();
        Sandbox _ = create();
        Sandbox _ = create();
        executor = task -> Thread.ofVirtual().start(task);
        CountDownLatch two = new CountDownLatch(2);
        AtomicInteger saving = new AtomicInteger();
        AtomicInteger mostSaving = new AtomicInteger();
        checkpoints.before = () -> {
            mostSaving.accumulateAndGet(saving.incrementAndGet(), Math::max);
            two.countDown();
            try {
                assertThat(two.await(30, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException exception) {
                throw new AssertionError(exception);
            }
        };
        checkpoints.after = saving::decrementAndGet;

        assertThat(sandboxes.pauseAll(soon())).isEmpty();

        assertThat(mostSaving).hasValue(2);
        assertThat(sandboxes.all()).extracting(Sandbox::phase).containsOnly(SandboxPhase.PAUSED);
    }

    @Test
    void losesASandboxThatIsNotPaused() {
        SandboxId lost = create().id();
        guests.getFirst().failingFreeze(Fault.GUEST_REFUSED, false);
        SandboxId paused = create().id();

        assertThat(sandboxes.pauseAll(soon())).extracting(SandboxRecord::id).containsExactly(lost);

        assertThat(record(lost).end()).contains(SandboxEnd.LOST);
        assertThat(record(lost).endDetail()).isEqualTo("the guest agent did not freeze its programs");
        assertThat(phase(paused)).isEqualTo(SandboxPhase.PAUSED);
        assertThat(recorded.events).contains("ended " + lost + " LOST");
    }

    @Test
    void losesAllAfterTheDeadline() {
        SandboxId id = create().id();

        assertThat(sandboxes.pauseAll(Deadline.after(Duration.ZERO, ticker))).hasSize(1);

        assertThat(record(id).end()).contains(SandboxEnd.LOST);
        assertThat(record(id).endDetail()).isEqualTo("it was not saved before its daemon ended");
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void aSandboxThatIsBeingSavedIsKeptByADaemonThatEnds() {
        SandboxId id = create().id();
        checkpoints.before = this::closeMeanwhile;

        assertThat(sandboxes.pause(id, NAME).phase()).isEqualTo(SandboxPhase.PAUSED);
    }

    @Test
    void aSandboxThatIsNotSavedEndsWithItsDaemon() {
        SandboxId id = create().id();
        guests.getFirst().failingFreeze(Fault.GUEST_REFUSED, false);
        checkpoints.before = this::closeMeanwhile;

        assertThatThrownBy(() -> sandboxes.pause(id, NAME)).hasMessageContaining("was shut down with its daemon");

        assertThat(record(id).end()).contains(SandboxEnd.SHUTDOWN);
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void aSandboxThatWaitsForItsMachineIsKeptByADaemonThatEnds() {
        SandboxId id = create().id();
        Sandbox _ = sandboxes.pause(id, NAME);
        whileStarting = this::closeMeanwhile;

        assertFault(() -> sandboxes.connect(id, OWNER, LONG), Fault.STOPPING);

        assertThat(phase(id)).isEqualTo(SandboxPhase.PAUSED);
        assertThat(checkpoints.names()).containsExactly(id + "-1");
    }

    @Test
    void aSandboxThatIsBeingResumedIsKeptByADaemonThatEnds() {
        SandboxId id = create().id();
        Sandbox _ = sandboxes.pause(id, NAME);
        nextGuests.add(new FakeGuest().whileMeasured(this::closeMeanwhile));

        assertFault(() -> sandboxes.connect(id, OWNER, LONG), Fault.STOPPING);

        assertThat(phase(id)).isEqualTo(SandboxPhase.PAUSED);
        assertThat(record(id).generation()).isOne();
        assertThat(checkpoints.names()).containsExactly(id + "-1");
        assertThat(vmm.livingCount()).isZero();
    }

    /** Does not wait for what waits for this. */
    private void closeMeanwhile() {
        Thread.currentThread().interrupt();
        sandboxes.close();
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void theFirstCallResumesWhatTheDaemonBeforeHadPaused() {
        Sandbox sandbox = create();
        sandbox.processes().start(sleep(), soon()).close();
        assertThat(sandboxes.pauseAll(soon())).isEmpty();

        try (NextDaemon next = new NextDaemon(this)) {
            Sandbox found = next.sandboxes.find(sandbox.id(), NAME).orElseThrow();
            assertThat(found.phase()).isEqualTo(SandboxPhase.PAUSED);
            assertThat(next.sandboxes.require(sandbox.id(), OWNER).processes().list(soon()))
                    .hasSize(1);
            assertThat(next.sandboxes
                            .find(sandbox.id(), NAME)
                            .orElseThrow()
                            .record()
                            .generation())
                    .isEqualTo(2);
        }
    }

    @Test
    void whatAClientHadPausedStaysPaused() {
        SandboxId id = create().id();
        Sandbox _ = sandboxes.pause(id, NAME);

        try (NextDaemon next = new NextDaemon(this)) {
            assertFault(() -> next.sandboxes.require(id, OWNER), Fault.SANDBOX_PAUSED);
            assertThat(next.sandboxes.connect(id, OWNER, LONG).phase()).isEqualTo(SandboxPhase.RUNNING);
        }
    }

    @Test
    void aTimeOutThatHasPassedMeanwhileIsApplied() {
        SandboxId killed = create().id();
        SandboxId kept = create(OnTimeout.PAUSE, false).id();
        assertThat(sandboxes.pauseAll(soon())).isEmpty();
        systemTime = systemTime.plus(Duration.ofHours(1));

        try (NextDaemon next = new NextDaemon(this)) {
            while (checkpoints.names().size() > 1) {
                Thread.onSpinWait();
            }
            assertThat(next.sandboxes.find(killed, NAME).orElseThrow().record().end())
                    .contains(SandboxEnd.TIMED_OUT);
            assertThat(next.sandboxes.find(kept, NAME).orElseThrow().phase()).isEqualTo(SandboxPhase.PAUSED);
            assertThat(checkpoints.names()).containsExactly(kept + "-1");
        }
    }
}
