package io.neurovisor.engine.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.ProcessInfo;
import io.neurovisor.engine.sandbox.SandboxSpec.OnTimeout;
import io.neurovisor.engine.sandbox.report.ForkedSandbox;
import io.neurovisor.testkit.FakeGuest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests copies of sandboxes that run or are paused. */
final class ForkedSandboxesTest extends SandboxesFixture {
    private static final Duration LIFE = Duration.ofMinutes(7);

    @AfterEach
    void lendsNothingAnyMore() {
        assertThat(checkpoints.names()).noneMatch(name -> name.startsWith("lent"));
    }

    @Test
    void aProcessGoesOnInEachCopyAndInTheSource() {
        Sandbox source = sleeping(create());

        List<ForkedSandbox> copies = fork(source, 2);

        assertThat(copies).extracting(ForkedSandbox::failure).containsOnly(Optional.empty());
        assertThat(sandboxes.all()).hasSize(3).allSatisfy(sandbox -> {
            assertThat(sandbox.phase()).isEqualTo(SandboxPhase.RUNNING);
            assertThat(sandbox.record().generation()).isOne();
            assertThat(sandbox.processes().list(soon()))
                    .extracting(ProcessInfo::spec)
                    .containsExactly(sleep());
        });
        assertThat(vmIds()).hasSize(3);
        assertThat(vmm.livingCount()).isEqualTo(3);
        assertThat(checkpoints.names()).isEmpty();
    }

    @Test
    void aCopyHasTheSpecificationOfItsSourceButNoNameAndNoKey() {
        SandboxSpec spec = new SandboxSpec(
                KIND,
                Duration.ofMinutes(5),
                Map.of("A", "1"),
                Optional.of("/tmp"),
                Map.of("user", "7"),
                "first",
                Optional.of("key"),
                OnTimeout.PAUSE,
                true);
        Sandbox source = sandboxes.create(spec, OWNER, soon());

        SandboxRecord copy = made(fork(source, 1)).getFirst().record();

        assertThat(copy.spec())
                .isEqualTo(new SandboxSpec(
                        KIND,
                        LIFE,
                        Map.of(),
                        Optional.of("/tmp"),
                        Map.of("user", "7"),
                        "",
                        Optional.empty(),
                        OnTimeout.PAUSE,
                        true,
                        Optional.empty(),
                        Optional.of(source.id())));
        assertThat(Duration.between(copy.created(), copy.ends())).isEqualTo(LIFE);
        assertThat(recorded.events).contains("created " + copy.id());
        assertThat(recorded.rows).extracting(SandboxRecord::id).contains(copy.id());
    }

    @Test
    void aPausedSandboxIsCopiedAndStaysPaused() {
        Sandbox source = sleeping(create());
        Sandbox _ = sandboxes.pause(source.id(), NAME);

        List<Sandbox> copies = made(fork(source, 2));

        assertThat(copies)
                .allSatisfy(copy -> assertThat(copy.processes().list(soon())).hasSize(1));
        assertThat(phase(source.id())).isEqualTo(SandboxPhase.PAUSED);
        assertThat(checkpoints.names()).containsExactly(source.id() + "-1");
        assertThat(sandboxes.connect(source.id(), OWNER, LONG).processes().list(soon()))
                .hasSize(1);
    }

    @Test
    void aCopyIsPausedResumedAndCopiedItself() {
        Sandbox source = sleeping(create());
        SandboxId copy = made(fork(source, 1)).getFirst().id();
        Sandbox _ = sandboxes.pause(copy, NAME);
        assertThat(sandboxes.kill(source.id(), NAME, SandboxEnd.KILLED)).isTrue();

        Sandbox second = made(sandboxes.fork(copy, OWNER, 1, LIFE, soon())).getFirst();

        assertThat(second.record().spec().forkedFrom()).contains(copy);
        assertThat(second.processes().list(soon())).hasSize(1);
        assertThat(sandboxes.connect(copy, OWNER, LONG).processes().list(soon()))
                .hasSize(1);
    }

    @Test
    void asManyCopiesAreMadeAsFit() {
        Sandbox source = create();

        List<ForkedSandbox> copies = fork(source, 4);

        assertThat(made(copies)).hasSize(MOST - 1);
        assertThat(copies.subList(2, 4))
                .allSatisfy(
                        copy -> assertThat(copy.failure().orElseThrow().fault()).isEqualTo(Fault.SANDBOX_QUOTA));
        assertThat(phase(source.id())).isEqualTo(SandboxPhase.RUNNING);
    }

    @Test
    void manyForksAtATimeMakeAsManyCopiesAsFit() throws Exception {
        Sandbox source = sleeping(create());
        Queue<Thread> saving = new ConcurrentLinkedQueue<>();
        executor = task -> saving.add(Thread.ofVirtual().start(task));
        List<Callable<List<ForkedSandbox>>> forks = Collections.nCopies(32, () -> forkWithoutRoom(source));
        List<ForkedSandbox> copies = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(forks.size())) {
            for (Future<List<ForkedSandbox>> fork : threads.invokeAll(forks)) {
                copies.addAll(fork.resultNow());
            }
        }

        assertThat(made(copies)).hasSize(MOST - 1);
        assertThat(sandboxes.all()).hasSize(MOST).allSatisfy(sandbox -> {
            assertThat(sandbox.phase()).isEqualTo(SandboxPhase.RUNNING);
            assertThat(sandbox.processes().list(soon())).hasSize(1);
        });
        assertThat(vmm.livingCount()).isEqualTo(MOST);
        // What they have saved is removed after the copies are reported.
        for (Thread thread : saving) {
            thread.join();
        }
    }

    /** Makes a copy, or none if that is refused. */
    private List<ForkedSandbox> forkWithoutRoom(Sandbox source) {
        try {
            return fork(source, 1);
        } catch (NeuroVisorException failure) {
            assertThat(failure.fault()).isIn(Fault.SANDBOX_QUOTA, Fault.SANDBOX_BUSY);
            return List.of();
        }
    }

    @Test
    void withoutRoomForACopyTheSourceDoesNotStandStill() {
        Sandbox source = create();
        Sandbox _ = create();
        Sandbox _ = create();
        checkpoints.before = () -> {
            throw new IllegalStateException("it is saved");
        };

        assertFault(() -> fork(source, 1), Fault.SANDBOX_QUOTA);

        assertThat(phase(source.id())).isEqualTo(SandboxPhase.RUNNING);
    }

    @Test
    void oneCopyThatDiesLeavesTheOthers() {
        Sandbox source = sleeping(create());
        AtomicBoolean dies = new AtomicBoolean(true);
        whileStarting = () -> {
            if (dies.getAndSet(false)) {
                throw new NeuroVisorException(Fault.VMM_FAILED, "QEMU was killed by signal 9");
            }
        };

        List<ForkedSandbox> copies = fork(source, 2);

        assertThat(copies.getFirst().failure().orElseThrow().fault()).isEqualTo(Fault.VMM_FAILED);
        assertThat(copies.getLast().sandbox().orElseThrow().processes().list(soon()))
                .hasSize(1);
        assertThat(source.processes().list(soon())).hasSize(1);
    }

    @Test
    void aSourceWhoseProgramsDoNotStopRunsOnWithoutCopies() {
        Sandbox source = sleeping(create());
        guests.getFirst().failingFreeze(Fault.GUEST_REFUSED, false);

        assertFault(() -> fork(source, 2), Fault.GUEST_REFUSED);

        assertThat(source.processes().list(soon())).hasSize(1);
        assertThat(sandboxes.all()).hasSize(1);
    }

    @Test
    void aSourceThatDiesWhileItIsSavedHasNoCopies() {
        Sandbox source = create();
        checkpoints.before = () -> guests.getFirst().dead("QEMU was killed by signal 9");

        assertThatThrownBy(() -> fork(source, 2)).isInstanceOf(NeuroVisorException.class);

        assertThat(record(source.id()).end()).contains(SandboxEnd.DIED);
        assertThat(sandboxes.all()).isEmpty();
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void aSourceThatDoesNotGoOnHasNoCopies() {
        Sandbox source = create();
        FakeGuest guest = guests.getFirst();
        FakeGuest _ = guest.whileSaved(guest::silent);

        assertFault(() -> fork(source, 2), Fault.SANDBOX_LOST);

        assertThat(record(source.id()).end()).contains(SandboxEnd.DIED);
        assertThat(sandboxes.all()).isEmpty();
    }

    @Test
    void aSourceThatIsKilledAfterItWasSavedLeavesItsCopies() {
        Sandbox source = sleeping(create());
        AtomicBoolean kills = new AtomicBoolean(true);
        whileStarting = () -> {
            if (kills.getAndSet(false)) {
                assertThat(sandboxes.kill(source.id(), NAME, SandboxEnd.KILLED)).isTrue();
            }
        };

        List<Sandbox> copies = made(fork(source, 2));

        assertThat(copies)
                .allSatisfy(copy -> assertThat(copy.processes().list(soon())).hasSize(1));
        assertThat(record(source.id()).end()).contains(SandboxEnd.KILLED);
    }

    @Test
    void aSourceThatIsKilledWhileItIsSavedHasNoCopies() {
        Sandbox source = create();
        checkpoints.before = () -> killMeanwhile(source.id());

        assertThatThrownBy(() -> fork(source, 1)).isInstanceOf(NeuroVisorException.class);

        assertThat(record(source.id()).end()).contains(SandboxEnd.KILLED);
        assertThat(vmm.livingCount()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 33, Integer.MAX_VALUE})
    void rejectsANumberOfCopies(int count) {
        Sandbox source = create();
        assertThatThrownBy(() -> fork(source, count)).hasMessage(count + " copies are out of range; use 1 to 32");
    }

    @Test
    void theSandboxOfAnotherOwnerIsUnknown() {
        SandboxId id = create().id();
        assertFault(() -> sandboxes.fork(id, OTHER, 1, LIFE, soon()), Fault.SANDBOX_UNKNOWN);
    }

    @Test
    void aSandboxThatHasEndedIsNotCopied() {
        Sandbox source = create();
        assertThat(sandboxes.kill(source.id(), NAME, SandboxEnd.KILLED)).isTrue();
        assertFault(() -> fork(source, 1), Fault.SANDBOX_UNKNOWN);
    }

    @Test
    void aRecordThatCannotBeWrittenIsTheFailureOfItsCopy() {
        Sandbox source = create();
        recorded.isFull = true;

        assertThatThrownBy(() -> fork(source, 1)).hasMessageContaining("no space left");

        assertThat(sandboxes.all()).hasSize(1);
    }

    private List<ForkedSandbox> fork(Sandbox source, int count) {
        return sandboxes.fork(source.id(), OWNER, count, LIFE, soon());
    }

    private static List<Sandbox> made(List<ForkedSandbox> copies) {
        return copies.stream().flatMap(copy -> copy.sandbox().stream()).toList();
    }

    private Set<String> vmIds() {
        return sandboxes.all().stream()
                .map(sandbox -> sandbox.record().vmId().orElseThrow().value())
                .collect(Collectors.toSet());
    }

    private Sandbox sleeping(Sandbox sandbox) {
        sandbox.processes().start(sleep(), soon()).close();
        return sandbox;
    }
}
