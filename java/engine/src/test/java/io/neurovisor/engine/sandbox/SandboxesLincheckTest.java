package io.neurovisor.engine.sandbox;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt.forClasses;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.PlainMachines;
import io.neurovisor.engine.pool.Claimant;
import io.neurovisor.engine.pool.Lease;
import io.neurovisor.engine.pool.PlainPools;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.sandbox.checkpoint.CheckpointSource;
import io.neurovisor.engine.sandbox.checkpoint.CheckpointStore;
import io.neurovisor.engine.sandbox.checkpoint.MachineSaving;
import io.neurovisor.engine.sandbox.checkpoint.SandboxCheckpoint;
import io.neurovisor.engine.sandbox.checkpoint.SharedMemory;
import io.neurovisor.engine.sandbox.checkpoint.Snapshot;
import io.neurovisor.engine.sandbox.report.SandboxListener;
import io.neurovisor.engine.sandbox.report.SandboxRecords;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.vm.Checkpoint;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.NoLock;
import io.neurovisor.testkit.TestFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checks sandboxes under all interleavings of a model checker: their number stays within the limit, each ends once, and one
 * that has ended or is paused makes room. Sandboxes without their lock prove that the checker finds defects.
 */
final class SandboxesLincheckTest {
    private static final int MOST = 2;
    private static final VmmIdentity VMM = new VmmIdentity("fake", "1", "none", "none", "none");
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    private static Path files;

    @BeforeAll
    static void makeTemplate() throws IOException {
        Files.createFile(Files.createDirectory(files.resolve("template")).resolve("state"));
    }

    @Test
    void keepTheirPromisesInEveryInterleaving() {
        options().check(LockedSandboxes.class);
    }

    @Test
    void findsTheDefectOfUnlockedSandboxes() {
        assertThatThrownBy(() -> options().check(UnlockedSandboxes.class)).isInstanceOf(LincheckAssertionError.class);
    }

    private static ModelCheckingOptions options() {
        return new ModelCheckingOptions()
                .threads(3)
                .actorsPerThread(1)
                .actorsBefore(0)
                .actorsAfter(0)
                .iterations(5)
                .invocationsPerIteration(100)
                // The book is accessed only under the lock; the pool has a test of its own, and fakes are not under
                // test.
                .addGuarantee(forClasses(
                                SandboxBook.class.getName(),
                                SandboxState.class.getName(),
                                SandboxPauses.class.getName(),
                                SandboxId.class.getName(),
                                SandboxSpec.class.getName(),
                                WarmPool.class.getName(),
                                Lease.class.getName(),
                                MachineSaving.class.getName(),
                                PlainCheckpoints.class.getName(),
                                PlainMachines.class.getName(),
                                FakeVmm.class.getName())
                        .allMethods()
                        .treatAsAtomic())
                .minimizeFailedScenario(false)
                .sequentialSpecification(Table.class);
    }

    /** The sequential specification: one sandbox exists from the start. */
    public static final class Table {
        private int number = 1;
        private boolean firstLives = true;
        private boolean firstIsPaused;

        public boolean create() {
            if (number == MOST) {
                return false;
            }
            number++;
            return true;
        }

        public boolean pauseTheFirst() {
            number -= firstLives && !firstIsPaused ? 1 : 0;
            firstIsPaused = firstLives;
            return firstLives;
        }

        public boolean connectToTheFirst() {
            if (!firstLives || (firstIsPaused && number == MOST)) {
                return false;
            }
            number += firstIsPaused ? 1 : 0;
            firstIsPaused = false;
            return true;
        }

        public boolean killTheFirst() {
            boolean ends = firstLives;
            number -= ends && !firstIsPaused ? 1 : 0;
            firstLives = false;
            firstIsPaused = false;
            return ends;
        }
    }

    public static final class LockedSandboxes extends UsedSandboxes {
        public LockedSandboxes() {
            super(new ReentrantLock());
        }

        @Operation
        public boolean create() {
            return createOne();
        }

        @Operation
        public boolean killTheFirst() {
            return kill();
        }

        @Operation
        public boolean pauseTheFirst() {
            return pause();
        }

        @Operation
        public boolean connectToTheFirst() {
            return connect();
        }
    }

    public static final class UnlockedSandboxes extends UsedSandboxes {
        public UnlockedSandboxes() {
            super(new NoLock());
        }

        @Operation
        public boolean killTheFirst() {
            return kill();
        }
    }

    abstract static class UsedSandboxes {
        private static final String OWNER = Claimant.LOCAL.name();

        private final PlainMachines machines =
                new PlainMachines(new SavedVm(TestFiles.bootFiles(), SandboxSize.SMALL, files.resolve("template")));
        private final AtomicLong numbers = new AtomicLong();
        private final Sandboxes sandboxes;
        private final SandboxId first;

        UsedSandboxes(Lock lock) {
            sandboxes = new Sandboxes(
                    new Sandboxes.Limits(MOST, 1),
                    PlainPools.of(machines, MOST),
                    new MachineSaving(new PlainCheckpoints(), VMM, (_, _, _) -> {
                        throw new UnsupportedOperationException("no sandbox is copied");
                    }),
                    SandboxRecords.NONE,
                    SandboxListener.NONE,
                    () -> 0,
                    () -> Instant.EPOCH,
                    () -> numbers.addAndGet(1L << Integer.SIZE),
                    Runnable::run,
                    lock);
            first = newOne().id();
        }

        private Sandbox newOne() {
            return sandboxes.create(
                    SandboxSpecs.spec(LONG), SandboxOwner.unlimited(Claimant.LOCAL), Deadline.after(LONG, () -> 0));
        }

        final boolean createOne() {
            try {
                return newOne().phase() == SandboxPhase.RUNNING && machines.livingCount() <= MOST;
            } catch (NeuroVisorException failure) {
                if (failure.fault() != Fault.SANDBOX_QUOTA) {
                    throw failure;
                }
                return false;
            }
        }

        final boolean kill() {
            return sandboxes.kill(first, OWNER, SandboxEnd.KILLED);
        }

        final boolean pause() {
            return lives(() -> sandboxes.pause(first, OWNER));
        }

        final boolean connect() {
            return lives(() -> sandboxes.connect(first, SandboxOwner.unlimited(Claimant.LOCAL), LONG));
        }

        private static boolean lives(Supplier<Sandbox> call) {
            try {
                return call.get().phase() != SandboxPhase.ENDED;
            } catch (NeuroVisorException failure) {
                return switch (failure.fault()) {
                    case SANDBOX_UNKNOWN, SANDBOX_MOVED, SANDBOX_QUOTA -> false;
                    default -> throw failure;
                };
            }
        }
    }

    /** Keeps the checkpoints of a sandbox in new directories, and removes none. */
    private static final class PlainCheckpoints implements CheckpointStore {
        private static final AtomicLong DIRECTORIES = new AtomicLong();

        private final Map<SandboxId, Kept> kept = new ConcurrentHashMap<>();

        private record Kept(SandboxCheckpoint checkpoint, VmStart.Restore start) {}

        @Override
        public SandboxCheckpoint save(CheckpointSource source, long expectedBytes, Consumer<Path> writer) {
            Path directory = files.resolve("checkpoint-" + DIRECTORIES.incrementAndGet());
            writer.accept(directory);
            SandboxCheckpoint checkpoint = new SandboxCheckpoint(source.sandbox(), source.generation(), Instant.EPOCH);
            VmStart.Restore start = new VmStart.Restore(source.template(), Optional.of(new Checkpoint(directory)));
            kept.put(source.sandbox(), new Kept(checkpoint, start));
            return checkpoint;
        }

        @Override
        public SandboxCheckpoint keep(
                Snapshot snapshot, CheckpointSource source, long expectedBytes, Consumer<Path> writer) {
            throw new UnsupportedOperationException("no snapshot is taken");
        }

        @Override
        public List<Snapshot> snapshots() {
            return List.of();
        }

        @Override
        public Set<SandboxId> basedOn(SandboxId template, Map<SandboxId, VmStart.Restore> running) {
            return Set.of();
        }

        @Override
        public void lend(SavedVm template, long expectedBytes, Consumer<Path> writer, Consumer<VmStart.Restore> use) {
            throw new UnsupportedOperationException("no sandbox is copied");
        }

        @Override
        public SharedMemory share(VmStart.Restore lent, long expectedBytes, Consumer<Path> writer) {
            throw new UnsupportedOperationException("no sandbox is copied");
        }

        @Override
        public Optional<SandboxCheckpoint> newest(SandboxId id) {
            return Optional.ofNullable(kept.get(id)).map(Kept::checkpoint);
        }

        @Override
        public VmStart.Restore open(SandboxCheckpoint checkpoint, VmmIdentity vmm) {
            return requireNonNull(kept.get(checkpoint.sandbox()), "it is paused")
                    .start();
        }

        @Override
        public void delete(SandboxId id) {
            kept.remove(id);
        }

        @Override
        public Set<SandboxId> sandboxes() {
            return Set.copyOf(kept.keySet());
        }

        @Override
        public long bytes(SandboxId id) {
            return 0;
        }

        @Override
        public void sweep(Set<SandboxId> recorded) {
            kept.keySet().retainAll(recorded);
        }
    }
}
