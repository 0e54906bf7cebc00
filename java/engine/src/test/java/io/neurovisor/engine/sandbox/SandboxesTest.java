package io.neurovisor.engine.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.Claimant;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.testkit.FakeGuest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class SandboxesTest extends SandboxesFixture {
    @Test
    void createsASandboxFromAMachineOfThePool() {
        Sandbox sandbox = sandboxes.create(
                new SandboxSpec(
                        KIND,
                        Duration.ofMinutes(5),
                        Map.of("TOKEN", "secret"),
                        Optional.of("/tmp"),
                        Map.of("label", "value"),
                        "name",
                        Optional.empty()),
                OWNER,
                soon());

        assertThat(sandbox.phase()).isEqualTo(SandboxPhase.RUNNING);
        assertThat(sandbox.record().generation()).isOne();
        assertThat(sandbox.record().ends()).isEqualTo(systemTime.plus(Duration.ofMinutes(5)));
        assertThat(sandbox.layers()).hasSize(6);
        assertThat(sandbox.diskBytes()).isPositive();
        assertThat(guests.getFirst().adoption().orElseThrow().environment()).containsEntry("TOKEN", "secret");
        assertThat(guests.getFirst().adoption().orElseThrow().directory()).contains("/tmp");
        assertThat(vmm.livingCount()).isOne();
        assertThat(sandboxes.require(sandbox.id(), OWNER).usage(soon()).processes())
                .isPositive();
    }

    @Test
    void isRecordedBeforeItHasAMachine() {
        Sandbox sandbox = create();

        assertThat(recorded.rows).extracting(SandboxRecord::id).containsOnly(sandbox.id());
        assertThat(recorded.rows.getFirst().vmId()).isEmpty();
        assertThat(recorded.rows.getLast().vmId()).isEqualTo(sandbox.record().vmId());
        assertThat(recorded.rows)
                .allSatisfy(row -> assertThat(row.spec().environment())
                        .as("values of the environment")
                        .isEmpty());
    }

    @Test
    void doesNotRunWithoutItsRecord() {
        recorded.isFull = true;

        assertFault(this::create, Fault.STORAGE_FAILED);

        assertThat(guests).isEmpty();
        assertThat(sandboxes.all()).isEmpty();
        recorded.isFull = false;
    }

    @Test
    void aKilledSandboxHasNoMachineWhenTheCallReturns() {
        SandboxId id = create().id();

        assertThat(sandboxes.kill(id, NAME, SandboxEnd.KILLED)).isTrue();

        assertThat(vmm.livingCount()).isZero();
        assertThat(sandboxes.kill(id, NAME, SandboxEnd.KILLED)).as("again").isFalse();
        assertThat(sandboxes.find(id, NAME).orElseThrow().record().end()).contains(SandboxEnd.KILLED);
        assertThat(recorded.rows.getLast().end()).contains(SandboxEnd.KILLED);
        assertThatThrownBy(() -> sandboxes.require(id, OWNER))
                .hasMessageContaining("sandbox " + id + " was killed at 2026-01-02T03:04:05Z");
    }

    @Test
    void theSandboxOfAnotherOwnerIsAnsweredLikeAnUnknownOne() {
        SandboxId id = create().id();
        String unknown = "no sandbox has the id " + id;

        assertThatThrownBy(() -> sandboxes.require(id, OTHER)).hasMessageContaining(unknown);
        assertThatThrownBy(() -> sandboxes.connect(id, OTHER, LONG)).hasMessageContaining(unknown);
        assertThatThrownBy(() -> sandboxes.setTimeout(id, "other", Duration.ZERO))
                .hasMessageContaining(unknown);
        assertThat(sandboxes.find(id, "other")).isEmpty();
        assertThat(sandboxes.list("other")).isEmpty();
        assertThat(sandboxes.kill(id, "other", SandboxEnd.KILLED)).isFalse();
        assertThat(sandboxes.killAll("other", SandboxEnd.REVOKED)).isZero();
        assertThat(sandboxes.list(NAME)).hasSize(1);
        assertThat(sandboxes.kill(id, NAME, SandboxEnd.KILLED)).isTrue();
        assertThatThrownBy(() -> sandboxes.require(id, OTHER))
                .as("also after its end")
                .hasMessageContaining(unknown);
    }

    @Test
    void aTimeOutOfZeroEndsIt() {
        SandboxId id = create().id();
        Sandbox ended = sandboxes.setTimeout(id, NAME, Duration.ZERO);

        assertThat(ended.record().end()).contains(SandboxEnd.TIMED_OUT);
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void aTimeOutIsSetFromNowAndOnlyEverExtendedByAConnection() {
        SandboxId id = create().id();
        Instant start = systemTime;
        ticker.advance(Duration.ofMinutes(1));

        assertThat(sandboxes.connect(id, OWNER, LONG).record().ends()).isEqualTo(start.plus(Duration.ofMinutes(5)));
        assertThat(sandboxes.connect(id, OWNER, Duration.ofMinutes(9)).record().ends())
                .isEqualTo(start.plus(Duration.ofMinutes(10)));
        assertThat(sandboxes.setTimeout(id, NAME, LONG).record().ends()).isEqualTo(start.plus(Duration.ofSeconds(90)));
        assertThat(recorded.rows.getLast().ends()).isEqualTo(start.plus(Duration.ofSeconds(90)));
        assertThat(recorded.events)
                .filteredOn(event -> event.startsWith("timeout"))
                .hasSize(3);
    }

    @Test
    void aMachineThatDiesBeforeItIsASandboxIsReplacedOnce() {
        nextGuests.add(new FakeGuest().failingAdopt(Fault.SANDBOX_LOST, "broken pipe"));

        assertThat(create().phase()).isEqualTo(SandboxPhase.RUNNING);

        assertThat(guests).hasSize(2);
        assertThat(vmm.livingCount()).isOne();
    }

    @Test
    void aSandboxWhoseSecondMachineDiesNeverRan() {
        nextGuests.add(new FakeGuest().failingAdopt(Fault.SANDBOX_LOST, "broken pipe"));
        nextGuests.add(new FakeGuest().failingAdopt(Fault.SANDBOX_LOST, "broken pipe"));

        assertFault(this::create, Fault.SANDBOX_LOST);

        assertThat(sandboxes.list(NAME).getFirst().record().end()).contains(SandboxEnd.FAILED);
        assertThat(recorded.rows.getLast().end()).contains(SandboxEnd.FAILED);
        assertThat(recorded.events.getLast()).contains("ended").contains("FAILED");
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void aSandboxThatIsKilledWhileItIsCreatedEndsWhenItIsReady() {
        Sandbox other = create();
        nextGuests.clear();
        whileStarting = () -> {
            SandboxId id = sandboxes.all().getFirst().id();
            assertThat(id).isNotEqualTo(other.id());
            Thread.currentThread().interrupt(); // Does not wait for the end, which waits for this.
            assertFault(() -> sandboxes.kill(id, NAME, SandboxEnd.KILLED), Fault.INTERRUPTED);
            assertThat(Thread.interrupted()).isTrue();
        };

        assertThatThrownBy(this::create).hasMessageContaining("was killed at");

        assertThat(sandboxes.all()).extracting(Sandbox::id).containsExactly(other.id());
        assertThat(vmm.livingCount()).isOne();
    }

    @Test
    void limitsTheSandboxesOfAllAndOfEachOwner() {
        SandboxOwner two = new SandboxOwner(new Claimant("two", PoolShare.UNLIMITED), Optional.of(2), Optional.empty());
        SandboxOwner small =
                new SandboxOwner(new Claimant("small", PoolShare.UNLIMITED), Optional.empty(), Optional.of(400L << 20));
        assertThat(create(two).phase()).isEqualTo(SandboxPhase.RUNNING);
        SandboxId second = create(two).id();
        assertThatThrownBy(() -> create(two)).hasMessageContaining("limit of two for sandboxes is reached (2)");
        assertThat(sandboxes.kill(second, "two", SandboxEnd.KILLED)).isTrue();
        assertThat(create(small).phase()).isEqualTo(SandboxPhase.RUNNING);
        assertThatThrownBy(() -> create(small)).hasMessageContaining("256 MiB of memory and one more of 256 MiB");
        assertThat(create(two).phase()).isEqualTo(SandboxPhase.RUNNING);
        assertThatThrownBy(this::create)
                .hasMessageContaining("sandboxes is reached (3)")
                .isInstanceOfSatisfying(NeuroVisorException.class, failure -> {
                    assertThat(failure.fault()).isEqualTo(Fault.SANDBOX_QUOTA);
                    assertThat(failure.retryAfter()).isPresent();
                });
    }

    @Test
    void repeatedCreationsWithOneKeyCreateOneSandbox() {
        SandboxSpec spec = SandboxSpecs.spec(LONG, SandboxSize.SMALL, Optional.of("key"));
        SandboxId id = sandboxes.create(spec, OWNER, soon()).id();

        assertThat(sandboxes.create(spec, OWNER, soon()).id()).isEqualTo(id);
        assertThat(sandboxes.create(spec, OTHER, soon()).id())
                .as("of another owner")
                .isNotEqualTo(id);
        assertThat(sandboxes.kill(id, NAME, SandboxEnd.KILLED)).isTrue();
        ticker.advance(SandboxBook.REPEATED);
        assertThat(sandboxes.create(spec, OWNER, soon()).record().end()).contains(SandboxEnd.KILLED);
        ticker.advance(Duration.ofNanos(1));
        assertThat(sandboxes.create(spec, OWNER, soon()).id()).as("later").isNotEqualTo(id);
    }

    @Test
    void endsThoseOfAnOwnerWhoseKeyIsRevoked() {
        SandboxId kept = create(OTHER).id();
        SandboxId first = create().id();
        SandboxId second = create().id();

        assertThat(sandboxes.killAll(NAME, SandboxEnd.REVOKED)).isEqualTo(2);

        assertThat(sandboxes.all()).extracting(Sandbox::id).containsExactly(kept);
        assertThat(sandboxes.list(NAME)).extracting(Sandbox::id).containsExactly(second, first);
        assertThatThrownBy(() -> sandboxes.require(first, OWNER)).hasMessageContaining("revoked");
    }

    @Test
    void endsAllWithTheDaemon() {
        SandboxId id = create().id();
        sandboxes.close();

        assertThat(vmm.livingCount()).isZero();
        assertThat(recorded.rows.getLast().end()).contains(SandboxEnd.SHUTDOWN);
        assertFault(this::create, Fault.STOPPING);
        assertThatThrownBy(() -> sandboxes.require(id, OWNER)).hasMessageContaining("was shut down with its daemon");
    }

    @Test
    void remembersThoseThatEndedBefore() {
        SandboxRecord lost = new SandboxRecord(
                SandboxId.random(new Random(9)),
                NAME,
                SandboxSpecs.spec(LONG),
                systemTime.minus(Duration.ofHours(2)),
                systemTime.minus(Duration.ofHours(1)),
                Optional.empty(),
                1,
                Optional.of(SandboxEnd.LOST),
                "");
        recorded.ended = List.of(lost);

        sandboxes.start();

        assertThat(sandboxes.find(lost.id(), NAME).orElseThrow().record()).isEqualTo(lost);
        assertThatThrownBy(() -> sandboxes.require(lost.id(), OWNER))
                .hasMessageContaining("was lost with its daemon at 2026-01-02T02:04:05Z");
    }

    @Test
    void forgetsThoseThatEndedADayAgo() {
        SandboxId id = create().id();
        assertThat(sandboxes.kill(id, NAME, SandboxEnd.KILLED)).isTrue();
        ticker.advance(SandboxBook.REMEMBERED.plusSeconds(1));
        Duration _ = sandboxes.settle();
        assertThatThrownBy(() -> sandboxes.require(id, OWNER)).hasMessageContaining("no sandbox has the id");
    }

    @Test
    void aCreationDuringTheEndOfTheDaemonIsRefused() {
        whileStarting = () -> {
            sandboxes.close();
            assertThat(sandboxes.all()).as("those that wait for this machine").isEmpty();
        };

        assertFault(this::create, Fault.STOPPING);

        assertThat(recorded.rows.getLast().end()).contains(SandboxEnd.SHUTDOWN);
    }

    @Test
    void withoutASpawnerARunningSandboxIsLost() {
        SandboxId id = create().id();

        sandboxes.lose();

        assertThatThrownBy(() -> sandboxes.require(id, OWNER)).hasMessageContaining("was lost with its daemon");
        assertThat(recorded.rows.getLast().end()).contains(SandboxEnd.LOST);
    }

    @Test
    void withoutASpawnerACreationIsRefused() {
        whileStarting = sandboxes::lose;

        assertFault(this::create, Fault.STOPPING);

        assertThat(recorded.rows.getLast().end()).contains(SandboxEnd.LOST);
    }

    @Test
    void runningSandboxesGoOnWhileCreationsAreRefused() {
        SandboxId id = create().id();

        sandboxes.refuse();

        assertFault(this::create, Fault.STOPPING);
        assertThat(sandboxes.require(id, OWNER).phase()).isEqualTo(SandboxPhase.RUNNING);
    }

    @Test
    void theEndOfTheDaemonWaitsForAMachineThatIsBeingKilled() throws Exception {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        vmm.confirmNoKill();
        vmm.endNoSoonerThan(gone);
        SandboxId id = create().id();
        Thread kill = Thread.ofPlatform()
                .start(() ->
                        assertThat(sandboxes.kill(id, NAME, SandboxEnd.KILLED)).isTrue());
        while (!sandboxes.all().isEmpty()) {
            Thread.onSpinWait();
        }

        Thread end = Thread.ofPlatform().start(sandboxes::close);

        assertThat(settled(end)).isEqualTo(Thread.State.TIMED_WAITING);
        gone.complete(null);
        end.join();
        assertThat(vmm.livingCount()).isZero();
        kill.join();
    }

    @Test
    void aTimeOutThatIsSetDuringTheCreationCountsFromTheMomentAtWhichItRuns() throws Exception {
        CompletableFuture<Sandbox> set = new CompletableFuture<>();
        whileStarting = () -> {
            SandboxId id = sandboxes.all().getFirst().id();
            Thread client = Thread.ofPlatform()
                    .start(() -> set.completeAsync(() -> sandboxes.setTimeout(id, NAME, LONG), Runnable::run));
            assertThat(settled(client)).as("it waits").isEqualTo(Thread.State.TIMED_WAITING);
            ticker.advance(Duration.ofMinutes(1));
        };

        SandboxId id = create().id();

        assertThat(set.get(60, TimeUnit.SECONDS).record().ends())
                .isEqualTo(systemTime.plus(Duration.ofMinutes(1)).plus(LONG));
        assertThat(sandboxes.require(id, OWNER).record().ends())
                .isEqualTo(set.join().record().ends());
    }
}
