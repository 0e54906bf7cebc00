package io.neurovisor.testkit;

import io.neurovisor.engine.execution.ExecutionListener;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.Order;
import io.neurovisor.engine.pool.PoolPlan;
import io.neurovisor.engine.pool.Sandboxes;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.SandboxFactory;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import java.security.SecureRandom;
import java.time.Duration;

/** Pools and executions as tests need them. */
public final class TestPools {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private TestPools() {}

    /** Sandboxes that are booted cold. */
    public static Sandboxes sandboxes(Vmm vmm, BootFiles files, Ticker ticker) {
        SandboxFactory factory = new SandboxFactory(vmm, new SecureRandom(), ticker);
        return order -> factory.open(new VmStart.ColdBoot(files, order.size()), Deadline.after(PATIENCE, ticker));
    }

    /** Each in a machine that is booted when it is asked for. */
    public static Executions executions(Vmm vmm, BootFiles files, Ticker ticker) {
        return executions(vmm, files, ticker, ExecutionListener.NONE);
    }

    /** The same, with one who hears of each. */
    public static Executions executions(Vmm vmm, BootFiles files, Ticker ticker, ExecutionListener listener) {
        return executions(sandboxes(vmm, files, ticker), ticker, listener);
    }

    /** One execution, in this sandbox. */
    public static Executions executionIn(Sandbox sandbox) {
        return executions(_ -> sandbox, Ticker.SYSTEM, ExecutionListener.NONE);
    }

    private static Executions executions(Sandboxes sandboxes, Ticker ticker, ExecutionListener listener) {
        Order usual = new Order("base", SandboxSize.SMALL);
        WarmPool pool = new WarmPool(new PoolPlan(usual, 0, 1, PATIENCE), sandboxes, _ -> {}, ticker);
        return new Executions(request -> new Order(usual.image(), request.size()), pool, ticker, listener);
    }
}
