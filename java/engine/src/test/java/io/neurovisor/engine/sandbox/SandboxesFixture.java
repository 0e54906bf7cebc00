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
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.sandbox.SandboxSpec.OnTimeout;
import io.neurovisor.engine.sandbox.checkpoint.MachineSaving;
import io.neurovisor.engine.sandbox.report.SandboxListener;
import io.neurovisor.engine.sandbox.report.SandboxRecords;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.ManualTicker;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import io.neurovisor.testkit.checkpoint.TemporaryCheckpoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Sandboxes with fake machines, a clock that the test moves, and tasks that run in the calling thread. */
abstract class SandboxesFixture {
    static final Duration LONG = Duration.ofSeconds(30);
    static final MachineKind KIND = new MachineKind("base", SandboxSize.SMALL);
    static final SandboxOwner OWNER = SandboxOwner.unlimited(new Claimant("key:ci", PoolShare.UNLIMITED));
    static final SandboxOwner OTHER = SandboxOwner.unlimited(new Claimant("other", PoolShare.UNLIMITED));
    static final String NAME = OWNER.name();
    static final int MOST = 3;
    static final int MOST_PAUSED = 2;

    @TempDir
    Path directory;

    final ManualTicker ticker = new ManualTicker();
    final Queue<FakeGuest> nextGuests = new ArrayDeque<>();
    final List<FakeGuest> guests = new ArrayList<>();
    final AtomicBoolean layersAreLive = new AtomicBoolean(true);
    final FakeVmm vmm = new FakeVmm(_ -> guest())
            .reading(layer ->
                    layersAreLive.get() ? LayerState.live(layer, "read") : LayerState.broken(layer, "gone", "restart"));
    final WarmPool pool = newPool();
    final TemporaryCheckpoints checkpoints = new TemporaryCheckpoints(() -> directory.resolve("checkpoints"));
    final RecordedSandboxes recorded = new RecordedSandboxes();

    /** Does the tasks of sandboxes. */
    volatile Executor executor = Runnable::run;

    Instant systemTime = Instant.parse("2026-01-02T03:04:05Z");
    final Sandboxes sandboxes = new Sandboxes(
            new Sandboxes.Limits(MOST, MOST_PAUSED),
            pool,
            new MachineSaving(checkpoints, vmm.identity(), vmm),
            recorded,
            recorded,
            ticker,
            () -> systemTime,
            new Random(1),
            task -> executor.execute(task),
            new ReentrantLock());

    @BeforeEach
    final void makeTemplate() throws IOException {
        Files.createFile(Files.createDirectory(template().directory()).resolve("state"));
        Path _ = Files.createDirectory(directory.resolve("checkpoints"));
    }

    final WarmPool newPool() {
        return new WarmPool(
                TestPools.plan(KIND, 0, 4, LONG),
                TestPools.clones(vmm, this::template, ticker),
                _ -> {},
                ticker,
                MachineListener.NONE);
    }

    private SavedVm template() {
        return new SavedVm(TestFiles.bootFiles(), SandboxSize.SMALL, directory.resolve("template"));
    }

    @AfterEach
    final void leavesNothing() {
        sandboxes.close();
        if (!recorded.isFollowed) {
            sandboxes.list(NAME).forEach(paused -> sandboxes.kill(paused.id(), NAME, SandboxEnd.KILLED));
        }
        assertThat(checkpoints.names()).as("checkpoints").isEmpty();
        assertThat(pool.drain(Deadline.after(LONG, ticker))).isTrue();
        assertThat(vmm.livingCount()).isZero();
        assertThat(recorded.events)
                .filteredOn(event -> event.startsWith("created"))
                .allSatisfy(created -> assertThat(recorded.events)
                        .filteredOn(event -> event.startsWith("ended "
                                + created.substring("created ".length()).replaceFirst(" .*", "")))
                        .hasSizeBetween(1, recorded.isFollowed ? 2 : 1));
    }

    Runnable whileStarting = () -> {};

    private FakeGuest guest() {
        whileStarting.run();
        FakeGuest guest = nextGuests.isEmpty() ? new FakeGuest() : nextGuests.remove();
        guests.add(guest);
        return guest;
    }

    final Sandbox create() {
        return create(OWNER);
    }

    final Sandbox create(SandboxOwner owner) {
        return sandboxes.create(SandboxSpecs.spec(Duration.ofMinutes(5)), owner, soon());
    }

    final Sandbox create(OnTimeout onTimeout, boolean autoResume) {
        return sandboxes.create(SandboxSpecs.spec(Duration.ofMinutes(5), onTimeout, autoResume), OWNER, soon());
    }

    /** Kills a sandbox without waiting for its end, which waits for the caller. */
    final void killMeanwhile(SandboxId id) {
        Thread.currentThread().interrupt();
        assertFault(() -> sandboxes.kill(id, NAME, SandboxEnd.KILLED), Fault.INTERRUPTED);
        assertThat(Thread.interrupted()).isTrue();
    }

    final SandboxRecord record(SandboxId id) {
        return sandboxes.find(id, NAME).orElseThrow().record();
    }

    final SandboxPhase phase(SandboxId id) {
        return sandboxes.find(id, NAME).orElseThrow().phase();
    }

    static ProcessSpec sleep() {
        return new ProcessSpec(
                "sleep",
                List.of("1000"),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.of("sleeper"),
                false,
                Optional.empty());
    }

    final Deadline soon() {
        return Deadline.after(LONG, ticker);
    }

    /** Returns when a thread waits for an event, for a limited time, or has ended. */
    static Thread.State settled(Thread thread) {
        Thread.State state = thread.getState();
        while (state != Thread.State.TIMED_WAITING && state != Thread.State.TERMINATED) {
            Thread.onSpinWait();
            state = thread.getState();
        }
        return state;
    }

    static void assertFault(ThrowingCallable call, Fault fault) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(fault));
    }

    /** Keeps what was recorded and reported, in order. */
    static final class RecordedSandboxes implements SandboxRecords, SandboxListener {
        final List<SandboxRecord> rows = Collections.synchronizedList(new ArrayList<>());
        final List<String> events = Collections.synchronizedList(new ArrayList<>());
        /** Is given each record before it is stored. */
        Consumer<SandboxRecord> onUpdate = _ -> {};

        List<SandboxRecord> ended = List.of();
        List<SandboxRecord> paused = List.of();
        boolean isFull;
        /** Whether a later daemon owns the sandboxes. */
        boolean isFollowed;
        /** Whether lost sandboxes have gone back with another daemon. */
        boolean isBackElsewhere;

        @Override
        public boolean goBack(SandboxRecord earlier) {
            return !isBackElsewhere;
        }

        @Override
        public boolean giveUp(SandboxRecord ended) {
            return !isBackElsewhere;
        }

        @Override
        public void insert(SandboxRecord record) {
            if (isFull) {
                throw new NeuroVisorException(Fault.STORAGE_FAILED, "no space left");
            }
            rows.add(record);
        }

        @Override
        public void update(SandboxRecord record) {
            onUpdate.accept(record);
            rows.add(record);
        }

        @Override
        public List<SandboxRecord> ended() {
            return ended;
        }

        @Override
        public List<SandboxRecord> paused() {
            return paused;
        }

        @Override
        public void paused(Sandbox sandbox) {
            events.add("paused " + sandbox.id());
        }

        @Override
        public void resumed(Sandbox sandbox) {
            events.add("resumed " + sandbox.id());
        }

        @Override
        public void forked(Sandbox source) {
            events.add("forked " + source.id());
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
