package io.neurovisor.testkit;

import io.neurovisor.engine.execution.ExecutionListener;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.pool.MachineMemory;
import io.neurovisor.engine.pool.PoolPlan;
import io.neurovisor.engine.pool.SandboxSource;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.SandboxFactory;
import io.neurovisor.engine.sandbox.SandboxListener;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** Factory methods for pools and executions. */
public final class TestPools {
    /** Memory for machines that take none. */
    public static final MachineMemory PLENTY = new MachineMemory(() -> Long.MAX_VALUE, _ -> 0);

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private TestPools() {}

    /** Returns a plan without limits on starts, processors and memory. */
    public static PoolPlan plan(MachineKind usual, int warm, int max, Duration acquireTimeout) {
        return new PoolPlan(usual, warm, max, max, max, acquireTimeout, PLENTY);
    }

    /** Returns sandboxes that are booted. */
    public static SandboxSource sandboxes(Vmm vmm, BootFiles files, Ticker ticker) {
        SandboxFactory factory =
                new SandboxFactory(vmm, new SecureRandom(), ticker, SandboxListener.NONE, RequiredLayers.NONE);
        return sandboxes(
                factory,
                (id, kind) ->
                        factory.open(id, new VmStart.ColdBoot(files, kind.size()), Deadline.after(PATIENCE, ticker)));
    }

    /** Returns the sandboxes of a factory with another way to open them. */
    public static SandboxSource sandboxes(SandboxFactory factory, BiFunction<VmId, MachineKind, Sandbox> opening) {
        return sandboxes(factory::newId, opening, factory::gone);
    }

    /** Returns the same sandboxes with another way to open them. */
    public static SandboxSource sandboxes(SandboxSource others, BiFunction<VmId, MachineKind, Sandbox> opening) {
        return sandboxes(others::newId, opening, others::gone);
    }

    /** Returns the same sandboxes from templates that are made first. */
    public static SandboxSource sandboxes(SandboxSource others, Consumer<MachineKind> making) {
        return new SandboxSource() {
            @Override
            public VmId newId() {
                return others.newId();
            }

            @Override
            public void make(MachineKind kind) {
                making.accept(kind);
            }

            @Override
            public Sandbox open(VmId id, MachineKind kind) {
                return others.open(id, kind);
            }

            @Override
            public CompletableFuture<Void> gone(VmId id) {
                return others.gone(id);
            }
        };
    }

    private static SandboxSource sandboxes(
            Supplier<VmId> ids,
            BiFunction<VmId, MachineKind, Sandbox> opening,
            Function<VmId, CompletableFuture<Void>> ends) {
        return new SandboxSource() {
            @Override
            public VmId newId() {
                return ids.get();
            }

            @Override
            public void make(MachineKind kind) {}

            @Override
            public Sandbox open(VmId id, MachineKind kind) {
                return opening.apply(id, kind);
            }

            @Override
            public CompletableFuture<Void> gone(VmId id) {
                return ends.apply(id);
            }
        };
    }

    /** Returns executions that boot a machine for each request. */
    public static Executions executions(Vmm vmm, BootFiles files, Ticker ticker) {
        return executions(vmm, files, ticker, ExecutionListener.NONE);
    }

    /** Returns executions that boot a machine for each request and notify a listener. */
    public static Executions executions(Vmm vmm, BootFiles files, Ticker ticker, ExecutionListener listener) {
        return executions(sandboxes(vmm, files, ticker), ticker, listener);
    }

    /** Returns executions that run once, in this sandbox. */
    public static Executions executionIn(Sandbox sandbox) {
        SandboxSource one = sandboxes(sandbox::vmId, (_, _) -> sandbox, _ -> CompletableFuture.completedFuture(null));
        return executions(one, Ticker.SYSTEM, ExecutionListener.NONE);
    }

    private static Executions executions(SandboxSource sandboxes, Ticker ticker, ExecutionListener listener) {
        MachineKind usual = new MachineKind("base", SandboxSize.SMALL);
        WarmPool pool = new WarmPool(plan(usual, 0, 1, PATIENCE), sandboxes, _ -> {}, ticker, SandboxListener.NONE);
        return new Executions(request -> new MachineKind(usual.image(), request.size()), pool, ticker, listener);
    }
}
