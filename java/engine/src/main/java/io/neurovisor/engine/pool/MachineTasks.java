package io.neurovisor.engine.pool;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.machine.MachineEnd;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.VmId;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The slow tasks of a pool, which run outside its lock: starting, priming and destroying machines. */
record MachineTasks(
        LockedPoolState pool,
        Machines machines,
        Consumer<Machine> primer,
        Ticker ticker,
        MachineListener listener,
        Executor executor) {
    private static final Logger LOG = LoggerFactory.getLogger(MachineTasks.class);

    /** Starts a machine, after making its template if that may be missing. */
    void start(long slot, MachineKind kind) {
        long startNanos = ticker.nanos();
        VmId id = machines.newId();
        reportFailure(slot, id, () -> {
            if (pool.isUnmade(kind)) {
                machines.make(kind.fresh());
                pool.made(kind);
            }
            Machine machine = machines.open(id, kind);
            closeOnFailure(machine, () -> {});
            pool.started(slot, machine, startNanos);
        });
    }

    void prime(long slot, Machine machine) {
        reportFailure(slot, machine.vmId(), () -> {
            closeOnFailure(machine, () -> primer.accept(machine));
            pool.primed(slot);
        });
    }

    private void reportFailure(long slot, VmId id, Runnable task) {
        try {
            task.run();
        } catch (NeuroVisorException exception) {
            failed(slot, id, exception);
        } catch (RuntimeException | Error defect) {
            failed(
                    slot,
                    id,
                    new NeuroVisorException(Fault.INTERNAL, "a virtual machine was not started: " + defect, defect));
        }
    }

    private void failed(long slot, VmId id, NeuroVisorException failure) {
        pool.failed(slot, failure);
        whenGone(id, () -> pool.gone(slot));
    }

    /** Runs a task in a new machine; closes the machine if the task fails or the machine dies. */
    private void closeOnFailure(Machine machine, Runnable task) {
        try {
            task.run();
            // A death is a failed start here: replacing the machine would let a waiting request wait for the next
            // death.
            machine.death().ifPresent(reason -> {
                throw new NeuroVisorException(Fault.VMM_FAILED, "virtual machine " + machine.vmId() + ": " + reason);
            });
        } catch (RuntimeException | Error failure) {
            machine.close();
            VmId id = machine.vmId();
            CompletableFuture<Void> _ = machines.gone(id).thenRun(() -> listener.ended(id, MachineEnd.START_FAILED));
            throw failure;
        }
    }

    /** Kills a machine whose lease is closed; returns when its guest executes nothing more, and has it removed. */
    void release(long slot, Machine machine) {
        pool.released(slot);
        try {
            machine.kill();
        } finally {
            // In a thread of the executor, which is never interrupted: an interrupted end would count as completed.
            executor.execute(() -> destroy(slot, machine, MachineEnd.USED));
        }
    }

    void destroy(long slot, Machine machine, MachineEnd end) {
        VmId id = machine.vmId();
        try {
            machine.close();
        } finally {
            whenGone(id, () -> {
                listener.ended(id, end);
                pool.gone(slot);
            });
        }
    }

    /**
     * Runs the action as soon as nothing of the machine is left, which is usually immediately. Until then the machine counts
     * against the limits of the pool, but its result is returned to the client.
     */
    private void whenGone(VmId id, Runnable action) {
        CompletableFuture<Void> gone = machines.gone(id);
        if (gone.isDone()) {
            action.run();
            return;
        }
        LOG.warn("virtual machine {} was killed and has not ended yet; it counts against --max until it has", id);
        CompletableFuture<Void> _ = gone.whenCompleteAsync(
                (_, _) -> {
                    LOG.info("virtual machine {}, which was slow to end, has ended", id);
                    action.run();
                },
                executor);
    }
}
