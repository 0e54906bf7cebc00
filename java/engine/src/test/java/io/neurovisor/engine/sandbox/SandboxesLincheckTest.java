package io.neurovisor.engine.sandbox;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt.forClasses;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.machine.PlainMachines;
import io.neurovisor.engine.pool.Claimant;
import io.neurovisor.engine.pool.Lease;
import io.neurovisor.engine.pool.PlainPools;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.sandbox.checkpoint.MachineSaving;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.NoLock;
import io.neurovisor.testkit.checkpoint.TemporaryCheckpoints;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

/**
 * Checks sandboxes under all interleavings of a model checker: their number stays within the limit, each ends once, and one
 * that has ended makes room. Sandboxes without their lock prove that the checker finds defects.
 */
final class SandboxesLincheckTest {
    private static final int MOST = 2;
    private static final VmmIdentity VMM = new VmmIdentity("fake", "1", "none", "none", "none");
    private static final Duration LONG = Duration.ofSeconds(30);

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
                                SandboxId.class.getName(),
                                SandboxSpec.class.getName(),
                                WarmPool.class.getName(),
                                Lease.class.getName(),
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

        public boolean create() {
            if (number == MOST) {
                return false;
            }
            number++;
            return true;
        }

        public boolean extendTheFirst() {
            return firstLives;
        }

        public boolean killTheFirst() {
            boolean ends = firstLives;
            number -= ends ? 1 : 0;
            firstLives = false;
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
        public boolean extendTheFirst() {
            return extend();
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

        private final PlainMachines machines = new PlainMachines();
        private final AtomicLong numbers = new AtomicLong();
        private final Sandboxes sandboxes;
        private final SandboxId first;

        UsedSandboxes(Lock lock) {
            sandboxes = new Sandboxes(
                    new Sandboxes.Limits(MOST, 0),
                    PlainPools.of(machines, MOST),
                    new MachineSaving(new TemporaryCheckpoints(() -> Path.of("none")), VMM),
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

        final boolean extend() {
            try {
                return sandboxes
                                .connect(first, SandboxOwner.unlimited(Claimant.LOCAL), LONG)
                                .phase()
                        == SandboxPhase.RUNNING;
            } catch (NeuroVisorException failure) {
                if (failure.fault() != Fault.SANDBOX_UNKNOWN) {
                    throw failure;
                }
                return false;
            }
        }
    }
}
