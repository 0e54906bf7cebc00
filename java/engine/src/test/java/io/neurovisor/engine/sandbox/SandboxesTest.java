package io.neurovisor.engine.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.pool.Claimant;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.ManualTicker;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SandboxesTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final MachineKind KIND = new MachineKind("base", SandboxSize.SMALL);
    private static final SandboxOwner OWNER = SandboxOwner.unlimited(new Claimant("key:ci", PoolShare.UNLIMITED));
    private static final String NAME = OWNER.name();
    private static final int MOST = 3;

    private final ManualTicker ticker = new ManualTicker();
    private final Queue<FakeGuest> nextGuests = new ArrayDeque<>();
    private final List<FakeGuest> guests = new ArrayList<>();
    private final AtomicBoolean layersAreLive = new AtomicBoolean(true);
    private final FakeVmm vmm = new FakeVmm(_ -> guest())
            .reading(layer -> layersAreLive.get()
                    ? LayerState.live(layer, "read")
                    : LayerState.broken(layer, "gone", "restart"));
    private final WarmPool pool = new WarmPool(
            TestPools.plan(KIND, 0, 4, LONG),
            TestPools.machines(vmm, TestFiles.bootFiles(), ticker),
            _ -> {},
            ticker,
            MachineListener.NONE);
    private final RecordedSandboxes recorded = new RecordedSandboxes();
    private Instant systemTime = Instant.parse("2026-01-02T03:04:05Z");
    private final Sandboxes sandboxes = new Sandboxes(
            MOST,
            pool,
            recorded,
            recorded,
            ticker,
            () -> systemTime,
            new Random(1),
            Runnable::run,
            new ReentrantLock());

    @AfterEach
    void leavesNothing() {
        sandboxes.close();
        assertThat(pool.drain(Deadline.after(LONG, ticker))).isTrue();
        assertThat(vmm.livingCount()).isZero();
        assertThat(recorded.events).filteredOn(event -> event.startsWith("created")).allSatisfy(created -> assertThat(
                        recorded.events)
                .filteredOn(event -> event.startsWith("ended " + created.split(" ")[1]))
                .hasSize(1));
    }

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
        assertThat(sandboxes.require(sandbox.id(), NAME).usage(soon()).processes()).isPositive();
    }

    @Test
    void isRecordedBeforeItHasAMachine() {
        Sandbox sandbox = create();

        assertThat(recorded.rows).extracting(SandboxRecord::id).containsOnly(sandbox.id());
        assertThat(recorded.rows.getFirst().vmId()).isEmpty();
        assertThat(recorded.rows.getLast().vmId()).isEqualTo(sandbox.record().vmId());
        assertThat(recorded.rows).allSatisfy(row -> assertThat(row.spec().environment())
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
        assertThatThrownBy(() -> sandboxes.require(id, NAME))
                .hasMessageContaining("sandbox " + id + " was killed at 2026-01-02T03:04:05Z");
    }

    @Test
    void theSandboxOfAnotherOwnerIsAnsweredLikeAnUnknownOne() {
        SandboxId id = create().id();
        String unknown = "no sandbox has the id " + id;

        assertThatThrownBy(() -> sandboxes.require(id, "other")).hasMessageContaining(unknown);
        assertThatThrownBy(() -> sandboxes.extend(id, "other", LONG)).hasMessageContaining(unknown);
        assertThatThrownBy(() -> sandboxes.setTimeout(id, "other", Duration.ZERO)).hasMessageContaining(unknown);
        assertThat(sandboxes.find(id, "other")).isEmpty();
        assertThat(sandboxes.list("other")).isEmpty();
        assertThat(sandboxes.kill(id, "other", SandboxEnd.KILLED)).isFalse();
        assertThat(sandboxes.killAll("other", SandboxEnd.REVOKED)).isZero();
        assertThat(sandboxes.list(NAME)).hasSize(1);
        assertThat(sandboxes.kill(id, NAME, SandboxEnd.KILLED)).isTrue();
        assertThatThrownBy(() -> sandboxes.require(id, "other"))
                .as("also after its end")
                .hasMessageContaining(unknown);
    }

    @Test
    void endsWhenItsTimeHasPassedWhateverTheSystemClockSays() {
        SandboxId id = create().id();
        systemTime = systemTime.plus(Duration.ofHours(5));
        ticker.advance(Duration.ofMinutes(5).minusMillis(1));
        assertThat(sandboxes.settle()).isEqualTo(Duration.ofMillis(1));
        assertThat(sandboxes.require(id, NAME).phase()).isEqualTo(SandboxPhase.RUNNING);
        systemTime = systemTime.minus(Duration.ofHours(10));
        ticker.advance(Duration.ofMillis(1));

        Duration _ = sandboxes.settle();

        assertThat(vmm.livingCount()).isZero();
        assertThatThrownBy(() -> sandboxes.require(id, NAME)).hasMessageContaining("timed out at 2026-01-02T03:09:05Z");
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

        assertThat(sandboxes.extend(id, NAME, LONG).record().ends()).isEqualTo(start.plus(Duration.ofMinutes(5)));
        assertThat(sandboxes.extend(id, NAME, Duration.ofMinutes(9)).record().ends())
                .isEqualTo(start.plus(Duration.ofMinutes(10)));
        assertThat(sandboxes.setTimeout(id, NAME, LONG).record().ends())
                .isEqualTo(start.plus(Duration.ofSeconds(90)));
        assertThat(recorded.rows.getLast().ends()).isEqualTo(start.plus(Duration.ofSeconds(90)));
        assertThat(recorded.events).filteredOn(event -> event.startsWith("timeout")).hasSize(3);
    }

    @Test
    void findsADeadMachineWithoutACall() {
        SandboxId id = create().id();
        guests.getFirst().dead("QEMU was killed by signal 9");

        assertThat(sandboxes.settle()).isEqualTo(SandboxBook.NEVER);

        SandboxRecord record = sandboxes.find(id, NAME).orElseThrow().record();
        assertThat(record.end()).contains(SandboxEnd.DIED);
        assertThat(record.endDetail()).isEqualTo("QEMU was killed by signal 9");
        assertThat(recorded.events.getLast()).isEqualTo("ended " + id + " DIED");
    }

    @Test
    void aMachineThatTheHostKilledForItsMemoryRanOutOfMemory() {
        nextGuests.add(new FakeGuest().runningOutOfMemoryWhileExecuting("-"));
        SandboxId id = create().id();
        guests.getFirst().dead("QEMU ran out of memory");

        Duration _ = sandboxes.settle();

        assertThat(sandboxes.find(id, NAME).orElseThrow().record().end()).contains(SandboxEnd.OUT_OF_MEMORY);
    }

    @Test
    void aCallToADeadMachineSaysHowItDied() {
        Sandbox sandbox = create();
        guests.getFirst().dead("QEMU was killed by signal 9");

        assertThatThrownBy(() -> sandbox.usage(soon()))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.SANDBOX_DIED))
                .hasMessageContaining("killed by signal 9");
        assertFault(() -> sandbox.usage(soon()), Fault.SANDBOX_UNKNOWN);
    }

    @Test
    void aCallUnderWayIsEndedByTheEndOfTheSandbox() {
        Sandbox sandbox = create();

        assertFault(
                () -> sandbox.calls().guarded(() -> {
                    assertThat(sandboxes.kill(sandbox.id(), NAME, SandboxEnd.KILLED))
                            .isTrue();
                    throw new NeuroVisorException(Fault.SANDBOX_LOST, "broken pipe");
                }),
                Fault.SANDBOX_MOVED);
    }

    @Test
    void aFailureOfTheProgramIsNotThatOfTheSandbox() {
        Sandbox sandbox = create();

        assertFault(
                () -> sandbox.calls().guarded(() -> {
                    throw new NeuroVisorException(Fault.FILE_UNKNOWN, "no file");
                }),
                Fault.FILE_UNKNOWN);
        assertThat(sandboxes.require(sandbox.id(), NAME).phase()).isEqualTo(SandboxPhase.RUNNING);
    }

    @Test
    void aGuestThatSendsMoreThanItMayEndsItsSandbox() {
        Sandbox sandbox = create();

        assertFault(
                () -> sandbox.calls().guarded(() -> {
                    throw new NeuroVisorException(Fault.GUEST_EXCEEDED, "output without credit");
                }),
                Fault.SANDBOX_DIED);
        assertThat(sandboxes.find(sandbox.id(), NAME).orElseThrow().record().endDetail())
                .contains("output without credit");
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void aGuestThatGivesNoSignOfLifeEndsItsSandbox() {
        Sandbox sandbox = create();
        guests.getFirst().silent();

        assertFault(() -> sandbox.usage(soon()), Fault.SANDBOX_DIED);
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void aSlowCallDoesNotEndTheSandbox() {
        Sandbox sandbox = create();

        assertFault(
                () -> sandbox.calls().guarded(() -> {
                    throw new NeuroVisorException(Fault.GUEST_SILENT, "the deadline has passed");
                }),
                Fault.GUEST_SILENT);
        assertThat(sandboxes.require(sandbox.id(), NAME).phase()).isEqualTo(SandboxPhase.RUNNING);
    }

    @Test
    void theClockIsSetEveryFiveMinutes() {
        SandboxId id = create().id();
        Sandbox _ = sandboxes.setTimeout(id, NAME, Duration.ofHours(24));
        for (int i = 0; i < 24 * 60; i++) {
            ticker.advance(Duration.ofMinutes(1));
            Duration _ = sandboxes.settle();
        }
        assertThat(guests.getFirst().clockSettings()).isEqualTo(24 * 12);
    }

    @Test
    void aLayerThatBreaksEndsTheSandbox() {
        SandboxId id = create().id();
        Sandbox _ = sandboxes.setTimeout(id, NAME, Duration.ofHours(1));
        ticker.advance(SandboxState.LAYERS_INTERVAL.multipliedBy(2));
        Duration _ = sandboxes.settle();
        assertThat(sandboxes.all()).as("while all are live").hasSize(1);
        layersAreLive.set(false);
        ticker.advance(SandboxState.LAYERS_INTERVAL);

        Duration _ = sandboxes.settle();

        SandboxRecord record = sandboxes.find(id, NAME).orElseThrow().record();
        assertThat(record.end()).contains(SandboxEnd.DIED);
        assertThat(record.endDetail()).matches("layer 1 \\(.*\\) of its virtual machine is broken: gone");
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void aLayerThatWasNeverLiveEndsNothing() {
        layersAreLive.set(false);
        SandboxId id = create().id();
        Sandbox _ = sandboxes.setTimeout(id, NAME, Duration.ofHours(1));
        ticker.advance(SandboxState.LAYERS_INTERVAL);
        Duration _ = sandboxes.settle();
        assertThat(sandboxes.all()).hasSize(1);
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
        assertThatThrownBy(() -> create(two)).hasMessageContaining("two has 2 sandboxes, its limit");
        assertThat(sandboxes.kill(second, "two", SandboxEnd.KILLED)).isTrue();
        assertThat(create(small).phase()).isEqualTo(SandboxPhase.RUNNING);
        assertThatThrownBy(() -> create(small)).hasMessageContaining("256 MiB of memory and one more of 256 MiB");
        assertThat(create(two).phase()).isEqualTo(SandboxPhase.RUNNING);
        assertThatThrownBy(this::create)
                .hasMessageContaining("3 sandboxes exist")
                .isInstanceOfSatisfying(NeuroVisorException.class, failure -> {
                    assertThat(failure.fault()).isEqualTo(Fault.SANDBOX_QUOTA);
                    assertThat(failure.retryAfter()).isPresent();
                });
    }

    @Test
    void repeatedCreationsWithOneKeyCreateOneSandbox() {
        SandboxSpec spec = SandboxBooks.spec(LONG, SandboxSize.SMALL, Optional.of("key"));
        SandboxId id = sandboxes.create(spec, OWNER, soon()).id();

        assertThat(sandboxes.create(spec, OWNER, soon()).id()).isEqualTo(id);
        SandboxOwner other = SandboxOwner.unlimited(new Claimant("other", PoolShare.UNLIMITED));
        assertThat(sandboxes.create(spec, other, soon()).id()).as("of another owner").isNotEqualTo(id);
        assertThat(sandboxes.kill(id, NAME, SandboxEnd.KILLED)).isTrue();
        ticker.advance(SandboxBook.REPEATED);
        assertThat(sandboxes.create(spec, OWNER, soon()).record().end()).contains(SandboxEnd.KILLED);
        ticker.advance(Duration.ofNanos(1));
        assertThat(sandboxes.create(spec, OWNER, soon()).id()).as("later").isNotEqualTo(id);
    }

    @Test
    void endsThoseOfAnOwnerWhoseKeyIsRevoked() {
        SandboxOwner other = SandboxOwner.unlimited(new Claimant("other", PoolShare.UNLIMITED));
        SandboxId kept = create(other).id();
        SandboxId first = create().id();
        SandboxId second = create().id();

        assertThat(sandboxes.killAll(NAME, SandboxEnd.REVOKED)).isEqualTo(2);

        assertThat(sandboxes.all()).extracting(Sandbox::id).containsExactly(kept);
        assertThat(sandboxes.list(NAME)).extracting(Sandbox::id).containsExactly(second, first);
        assertThatThrownBy(() -> sandboxes.require(first, NAME)).hasMessageContaining("revoked");
    }

    @Test
    void endsAllWithTheDaemon() {
        SandboxId id = create().id();
        sandboxes.close();

        assertThat(vmm.livingCount()).isZero();
        assertThat(recorded.rows.getLast().end()).contains(SandboxEnd.SHUTDOWN);
        assertFault(this::create, Fault.STOPPING);
        assertThatThrownBy(() -> sandboxes.require(id, NAME)).hasMessageContaining("was shut down with its daemon");
    }

    @Test
    void remembersThoseThatEndedBefore() {
        SandboxRecord lost = new SandboxRecord(
                SandboxId.random(new Random(9)),
                NAME,
                SandboxBooks.spec(LONG),
                systemTime.minus(Duration.ofHours(2)),
                systemTime.minus(Duration.ofHours(1)),
                Optional.empty(),
                1,
                Optional.of(SandboxEnd.LOST),
                "");
        recorded.ended = List.of(lost);

        sandboxes.start();

        assertThat(sandboxes.find(lost.id(), NAME).orElseThrow().record()).isEqualTo(lost);
        assertThatThrownBy(() -> sandboxes.require(lost.id(), NAME))
                .hasMessageContaining("was lost with its daemon at 2026-01-02T02:04:05Z");
    }

    @Test
    void forgetsThoseThatEndedADayAgo() {
        SandboxId id = create().id();
        assertThat(sandboxes.kill(id, NAME, SandboxEnd.KILLED)).isTrue();
        ticker.advance(SandboxBook.REMEMBERED.plusSeconds(1));
        Duration _ = sandboxes.settle();
        assertThatThrownBy(() -> sandboxes.require(id, NAME)).hasMessageContaining("no sandbox has the id");
    }

    private Runnable whileStarting = () -> {};

    private FakeGuest guest() {
        whileStarting.run();
        FakeGuest guest = nextGuests.isEmpty() ? new FakeGuest() : nextGuests.remove();
        guests.add(guest);
        return guest;
    }

    private Sandbox create() {
        return create(OWNER);
    }

    private Sandbox create(SandboxOwner owner) {
        return sandboxes.create(SandboxBooks.spec(Duration.ofMinutes(5)), owner, soon());
    }

    private Deadline soon() {
        return Deadline.after(LONG, ticker);
    }

    private static void assertFault(ThrowingCallable call, Fault fault) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        NeuroVisorException.class, failure -> assertThat(failure.fault()).isEqualTo(fault));
    }

    /** Keeps what was recorded and reported, in order. */
    private static final class RecordedSandboxes implements SandboxRecords, SandboxListener {
        private final List<SandboxRecord> rows = new ArrayList<>();
        private final List<String> events = new ArrayList<>();
        private List<SandboxRecord> ended = List.of();
        private boolean isFull;

        @Override
        public void insert(SandboxRecord record) {
            if (isFull) {
                throw new NeuroVisorException(Fault.STORAGE_FAILED, "no space left");
            }
            rows.add(record);
        }

        @Override
        public void update(SandboxRecord record) {
            rows.add(record);
        }

        @Override
        public List<SandboxRecord> ended() {
            return ended;
        }

        @Override
        public void created(Sandbox sandbox) {
            events.add("created " + sandbox.id());
        }

        @Override
        public void timeoutSet(Sandbox sandbox) {
            events.add("timeout " + sandbox.id());
        }

        @Override
        public void ended(SandboxRecord record, SandboxEnd end, String detail) {
            events.add("ended " + record.id() + " " + end);
        }
    }
}
