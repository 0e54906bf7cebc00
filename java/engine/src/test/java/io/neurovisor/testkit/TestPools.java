package io.neurovisor.testkit;

import io.neurovisor.engine.execution.ExecutionListener;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.machine.MachineFactory;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.pool.MachineMemory;
import io.neurovisor.engine.pool.Machines;
import io.neurovisor.engine.pool.PoolPlan;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.Checkpoint;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
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
        return new PoolPlan(usual, warm, max, max, max, max, acquireTimeout, PLENTY);
    }

    /** Returns machines that are booted. */
    public static Machines machines(Vmm vmm, BootFiles files, Ticker ticker) {
        MachineFactory factory =
                new MachineFactory(vmm, new SecureRandom(), ticker, MachineListener.NONE, RequiredLayers.NONE);
        return machines(
                factory,
                (id, kind) ->
                        factory.open(id, new VmStart.ColdBoot(files, kind.size()), Deadline.after(PATIENCE, ticker)));
    }

    /** Returns machines that are clones of a template, or continue saved sandboxes. */
    public static Machines clones(Vmm vmm, Supplier<SavedVm> template, Ticker ticker) {
        MachineFactory factory =
                new MachineFactory(vmm, new SecureRandom(), ticker, MachineListener.NONE, RequiredLayers.NONE);
        return machines(factory, (id, kind) -> {
            VmStart.Restore start = kind.saved().orElseGet(() -> new VmStart.Restore(template.get()));
            Deadline deadline = Deadline.after(PATIENCE, ticker);
            return kind.isSaved()
                    ? factory.restore(id, start, Optional.empty(), deadline)
                    : factory.open(id, start, deadline);
        });
    }

    /** Returns the start of a machine that continues a saved sandbox. */
    public static VmStart.Restore saved(String name) {
        SavedVm template = new SavedVm(TestFiles.bootFiles(), SandboxSize.SMALL, Path.of("template"));
        return new VmStart.Restore(template, Optional.of(new Checkpoint(Path.of(name))));
    }

    /** Returns the machines of a factory with another way to open them. */
    public static Machines machines(MachineFactory factory, BiFunction<VmId, MachineKind, Machine> opening) {
        return machines(factory::newId, opening, factory::gone);
    }

    /** Returns the same machines with another way to open them. */
    public static Machines machines(Machines others, BiFunction<VmId, MachineKind, Machine> opening) {
        return machines(others::newId, opening, others::gone);
    }

    /** Returns the same machines from templates that are made first. */
    public static Machines machines(Machines others, Consumer<MachineKind> making) {
        return new Machines() {
            @Override
            public VmId newId() {
                return others.newId();
            }

            @Override
            public void make(MachineKind kind) {
                making.accept(kind);
            }

            @Override
            public Machine open(VmId id, MachineKind kind) {
                return others.open(id, kind);
            }

            @Override
            public CompletableFuture<Void> gone(VmId id) {
                return others.gone(id);
            }
        };
    }

    private static Machines machines(
            Supplier<VmId> ids,
            BiFunction<VmId, MachineKind, Machine> opening,
            Function<VmId, CompletableFuture<Void>> ends) {
        return new Machines() {
            @Override
            public VmId newId() {
                return ids.get();
            }

            @Override
            public void make(MachineKind kind) {}

            @Override
            public Machine open(VmId id, MachineKind kind) {
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
        return executions(machines(vmm, files, ticker), ticker, listener);
    }

    /** Returns executions that run once, in this machine. */
    public static Executions executionIn(Machine machine) {
        Machines one = machines(machine::vmId, (_, _) -> machine, _ -> CompletableFuture.completedFuture(null));
        return executions(one, Ticker.SYSTEM, ExecutionListener.NONE);
    }

    private static Executions executions(Machines machines, Ticker ticker, ExecutionListener listener) {
        MachineKind usual = new MachineKind("base", SandboxSize.SMALL);
        WarmPool pool = new WarmPool(plan(usual, 0, 1, PATIENCE), machines, _ -> {}, ticker, MachineListener.NONE);
        return new Executions(request -> new MachineKind(usual.image(), request.size()), pool, ticker, listener);
    }
}
