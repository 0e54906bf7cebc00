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

/** Pools and executions as tests need them. */
public final class TestPools {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private TestPools() {}

    /** Sandboxes that are booted cold. */
    public static Sandboxes sandboxes(Vmm vmm, BootFiles files, Ticker ticker) {
        SandboxFactory factory = new SandboxFactory(vmm, new SecureRandom(), ticker);
        return sandboxes(
                factory,
                (id, order) ->
                        factory.open(id, new VmStart.ColdBoot(files, order.size()), Deadline.after(PATIENCE, ticker)));
    }

    /** The sandboxes of a factory that are opened in another way. */
    public static Sandboxes sandboxes(SandboxFactory factory, BiFunction<VmId, Order, Sandbox> opening) {
        return sandboxes(factory::newId, opening, factory::gone);
    }

    /** The same sandboxes, opened in another way. */
    public static Sandboxes sandboxes(Sandboxes others, BiFunction<VmId, Order, Sandbox> opening) {
        return sandboxes(others::newId, opening, others::gone);
    }

    /** The same sandboxes from templates, which have to be made first. */
    public static Sandboxes sandboxes(Sandboxes others, Consumer<Order> making) {
        return new Sandboxes() {
            @Override
            public VmId newId() {
                return others.newId();
            }

            @Override
            public void make(Order order) {
                making.accept(order);
            }

            @Override
            public Sandbox open(VmId id, Order order) {
                return others.open(id, order);
            }

            @Override
            public CompletableFuture<Void> gone(VmId id) {
                return others.gone(id);
            }
        };
    }

    private static Sandboxes sandboxes(
            Supplier<VmId> ids,
            BiFunction<VmId, Order, Sandbox> opening,
            Function<VmId, CompletableFuture<Void>> ends) {
        return new Sandboxes() {
            @Override
            public VmId newId() {
                return ids.get();
            }

            @Override
            public void make(Order order) {}

            @Override
            public Sandbox open(VmId id, Order order) {
                return opening.apply(id, order);
            }

            @Override
            public CompletableFuture<Void> gone(VmId id) {
                return ends.apply(id);
            }
        };
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
        Sandboxes one = sandboxes(sandbox::vmId, (_, _) -> sandbox, _ -> CompletableFuture.completedFuture(null));
        return executions(one, Ticker.SYSTEM, ExecutionListener.NONE);
    }

    private static Executions executions(Sandboxes sandboxes, Ticker ticker, ExecutionListener listener) {
        Order usual = new Order("base", SandboxSize.SMALL);
        WarmPool pool = new WarmPool(new PoolPlan(usual, 0, 1, PATIENCE), sandboxes, _ -> {}, ticker);
        return new Executions(request -> new Order(usual.image(), request.size()), pool, ticker, listener);
    }
}
