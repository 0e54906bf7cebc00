package io.neurovisor.engine.pool;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.testkit.TestPools;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/** Pools that start and destroy machines in the threads of their callers, for a model checker. */
public final class PlainPools {
    private PlainPools() {}

    /** Returns a pool in which time stands still and no machine is kept ready. */
    public static WarmPool of(Machines machines, int max) {
        MachineKind usual = new MachineKind("base", SandboxSize.SMALL);
        return new WarmPool(
                TestPools.plan(usual, 0, max, Duration.ofSeconds(30)),
                machines,
                _ -> {},
                () -> 0,
                MachineListener.NONE,
                Runnable::run,
                new ReentrantLock());
    }
}
