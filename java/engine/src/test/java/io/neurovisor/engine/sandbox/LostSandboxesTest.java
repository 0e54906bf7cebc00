package io.neurovisor.engine.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.pool.Claimant;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.engine.sandbox.checkpoint.SandboxCheckpoint;
import io.neurovisor.testkit.FakeGuest;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tests what becomes of sandboxes that were lost with their daemon after they had been saved. */
final class LostSandboxesTest extends SandboxesFixture {
    @Test
    void keepsTheCheckpointOfASandboxThatIsLost() {
        SandboxId id = resumed();

        sandboxes.lose();

        assertThat(record(id).end()).contains(SandboxEnd.LOST);
        assertThat(checkpoints.names()).containsExactly(id + "-1");
        try (NextDaemon next = after(id)) {
            assertThat(next.sandboxes.find(id, NAME).orElseThrow().phase()).isEqualTo(SandboxPhase.ENDED);
        }
    }

    @Test
    void doesNotGoBackUnlessItIsAskedTo() {
        SandboxId id = resumed();
        sandboxes.lose();

        try (NextDaemon next = after(id)) {
            assertThatThrownBy(() -> next.sandboxes.connect(id, OWNER, LONG))
                    .hasMessage("sandbox " + id + " was lost with its daemon at 2026-01-02T03:04:05Z; it was saved at "
                            + saved(id) + ": ./neurovisor sandbox resume --accept-older " + id
                            + " goes back to that time, or create a new one");
            assertFault(() -> next.sandboxes.require(id, OWNER), Fault.SANDBOX_UNKNOWN);
        }
    }

    @Test
    void goesBackToItsLastCheckpoint() {
        SandboxId id = resumed();
        sandboxes
                .find(id, NAME)
                .orElseThrow()
                .processes()
                .start(sleep(), soon())
                .close();
        sandboxes.lose();

        try (NextDaemon next = after(id)) {
            next.sandboxes.goBack(id, OWNER);

            Sandbox paused = next.sandboxes.find(id, NAME).orElseThrow();
            assertThat(paused.phase()).isEqualTo(SandboxPhase.PAUSED);
            assertThat(paused.record().end()).isEmpty();
            assertThat(paused.record().generation()).isOne();
            assertThat(paused.record().ends())
                    .isEqualTo(systemTime.plus(paused.record().spec().timeout()));
            Sandbox sandbox = next.sandboxes.connect(id, OWNER);
            assertThat(sandbox.phase()).isEqualTo(SandboxPhase.RUNNING);
            assertThat(sandbox.record().generation()).isEqualTo(2);
            assertThat(sandbox.processes().list(soon()))
                    .as("started after it was saved")
                    .isEmpty();
            assertThat(recorded.rows.getLast().end()).isEmpty();
            next.sandboxes.goBack(id, OWNER);
            assertThat(next.sandboxes.find(id, NAME).orElseThrow().phase())
                    .as("one that runs")
                    .isEqualTo(SandboxPhase.RUNNING);
        }
    }

    @Test
    void staysPausedThereIfItCannotBeResumed() {
        SandboxId id = resumed();
        sandboxes.lose();

        try (NextDaemon next = after(id)) {
            next.sandboxes.goBack(id, OWNER);
            nextGuests.add(new FakeGuest().silent());

            assertFault(() -> next.sandboxes.connect(id, OWNER), Fault.GUEST_SILENT);

            assertThat(next.sandboxes.find(id, NAME).orElseThrow().phase()).isEqualTo(SandboxPhase.PAUSED);
            assertThat(next.sandboxes.connect(id, OWNER).phase()).isEqualTo(SandboxPhase.RUNNING);
        }
    }

    @Test
    void doesNotGoBackBeyondTheLimitOfPausedSandboxes() {
        SandboxId id = resumed();
        sandboxes.lose();
        SandboxOwner limited = new SandboxOwner(
                new Claimant(NAME, PoolShare.UNLIMITED),
                Optional.empty(),
                Optional.empty(),
                Optional.of(0),
                Optional.empty());

        try (NextDaemon next = after(id)) {
            assertFault(() -> next.sandboxes.goBack(id, limited), Fault.SANDBOX_QUOTA);
            assertThat(next.sandboxes.find(id, NAME).orElseThrow().phase()).isEqualTo(SandboxPhase.ENDED);
        }
    }

    @Test
    void ofAnotherOwnerIsUnknown() {
        SandboxId id = resumed();
        sandboxes.lose();

        try (NextDaemon next = after(id)) {
            assertFault(() -> next.sandboxes.goBack(id, OTHER), Fault.SANDBOX_UNKNOWN);
        }
    }

    @Test
    void countsInTheDiskOfItsOwner() {
        SandboxId id = resumed();
        sandboxes.lose();

        try (NextDaemon next = after(id)) {
            assertThat(next.sandboxes.stored(NAME)).containsExactly(id);
        }
    }

    @Test
    void losesItsCheckpointWhenItIsKilled() {
        SandboxId id = resumed();
        sandboxes.lose();

        try (NextDaemon next = after(id)) {
            assertThat(next.sandboxes.kill(id, NAME, SandboxEnd.KILLED)).isTrue();

            assertThat(checkpoints.names()).isEmpty();
            assertThat(next.sandboxes.kill(id, NAME, SandboxEnd.KILLED)).isFalse();
            assertThatThrownBy(() -> next.sandboxes.connect(id, OWNER)).hasMessageContaining("was killed at");
            assertThat(next.sandboxes.stored(NAME)).isEmpty();
        }
    }

    @Test
    void losesItsCheckpointAfterADay() {
        SandboxId id = resumed();
        sandboxes.lose();

        try (NextDaemon next = after(id)) {
            ticker.advance(Duration.ofHours(24));
            Duration _ = next.sandboxes.settle();

            assertThat(checkpoints.names()).isEmpty();
        }
    }

    @Test
    void keepsTheCheckpointThatItHasGoneBackToWithAnotherDaemon() {
        SandboxId id = resumed();
        sandboxes.lose();

        try (NextDaemon next = after(id)) {
            recorded.isBackElsewhere = true;

            assertFault(() -> next.sandboxes.goBack(id, OWNER), Fault.SANDBOX_UNKNOWN);
            boolean _ = next.sandboxes.kill(id, NAME, SandboxEnd.KILLED);

            assertThat(checkpoints.names()).containsExactly(id + "-1");
            checkpoints.delete(id);
        }
    }

    @Test
    void aSandboxThatDiesKeepsNoCheckpoint() {
        SandboxId id = resumed();

        assertThat(sandboxes.kill(id, NAME, SandboxEnd.DIED)).isTrue();

        assertThat(checkpoints.names()).isEmpty();
    }

    /** Returns a sandbox that runs again after it was paused. */
    private SandboxId resumed() {
        SandboxId id = create().id();
        Sandbox _ = sandboxes.pause(id, NAME);
        Sandbox _ = sandboxes.connect(id, OWNER);
        return id;
    }

    private String saved(SandboxId id) {
        return checkpoints
                .newest(id)
                .orElseThrow()
                .saved()
                .truncatedTo(ChronoUnit.SECONDS)
                .toString();
    }

    /** Starts the daemon after the one that has lost a sandbox. */
    private NextDaemon after(SandboxId id) {
        SandboxCheckpoint checkpoint = checkpoints.newest(id).orElseThrow();
        recorded.ended = List.of(record(id).withOlder(checkpoint));
        return new NextDaemon(this);
    }
}
