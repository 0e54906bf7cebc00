package io.neurovisor.engine.pool;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt.forClasses;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.machine.PlainMachines;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.NoLock;
import io.neurovisor.testkit.TestPools;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

/**
 * Checks a pool under all interleavings of a model checker: every request is served, no machine is used twice, and their number stays
 * within the limit. A pool without its lock proves that the checker finds defects.
 */
final class WarmPoolLincheckTest {
    private static final int MAX = 2;

    @Test
    void keepsItsPromisesInEveryInterleaving() {
        options().check(LockedPool.class);
    }

    @Test
    void findsTheDefectOfAnUnlockedPool() {
        assertThatThrownBy(() -> options().check(UnlockedPool.class)).isInstanceOf(LincheckAssertionError.class);
    }

    private static ModelCheckingOptions options() {
        return new ModelCheckingOptions()
                .threads(3)
                .actorsPerThread(1)
                .actorsBefore(0)
                .actorsAfter(0)
                .iterations(3)
                .invocationsPerIteration(100)
                // State is accessed only under the lock, and fakes are not under test.
                .addGuarantee(
                        forClasses(PoolState.class.getName(), PlainMachines.class.getName(), FakeVmm.class.getName())
                                .allMethods()
                                .treatAsAtomic())
                .minimizeFailedScenario(false)
                .sequentialSpecification(Promise.class);
    }

    /** The sequential specification: each use ends with an unused machine and within the limit. */
    public static final class Promise {
        public boolean use() {
            return true;
        }

        public boolean useOfAnotherSize() {
            return true;
        }
    }

    public static final class LockedPool extends UsedPool {
        public LockedPool() {
            super(new ReentrantLock());
        }

        @Operation
        public boolean use() {
            return use(SandboxSize.SMALL);
        }

        @Operation
        public boolean useOfAnotherSize() {
            return use(SandboxSize.LARGE);
        }
    }

    public static final class UnlockedPool extends UsedPool {
        public UnlockedPool() {
            super(new NoLock());
        }

        @Operation
        public boolean use() {
            return use(SandboxSize.SMALL);
        }
    }

    abstract static class UsedPool {
        private final PlainMachines machines = new PlainMachines();
        private final Set<String> used = ConcurrentHashMap.newKeySet();
        private final WarmPool pool;

        UsedPool(Lock lock) {
            MachineKind usual = new MachineKind("base", SandboxSize.SMALL);
            pool = new WarmPool(
                    TestPools.plan(usual, 1, MAX, Duration.ofSeconds(30)),
                    machines,
                    _ -> {},
                    () -> 0,
                    MachineListener.NONE,
                    Runnable::run,
                    lock);
            pool.keepWarm();
        }

        final boolean use(SandboxSize size) {
            try (Lease lease = pool.lease(new MachineKind("base", size))) {
                return used.add(lease.machine().vmId().value()) && machines.livingCount() <= MAX;
            }
        }
    }
}
