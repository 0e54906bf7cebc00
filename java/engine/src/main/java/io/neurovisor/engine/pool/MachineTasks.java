package io.neurovisor.engine.pool;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxListener;
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
        SandboxSource sandboxes,
        Consumer<Sandbox> primer,
        Ticker ticker,
        SandboxListener listener,
        Executor executor) {
    private static final Logger LOG = LoggerFactory.getLogger(MachineTasks.class);

    /** Starts a machine, after making its template if that may be missing. */
    void start(long slot, MachineKind kind) {
        long startNanos = ticker.nanos();
        VmId id = sandboxes.newId();
        reportFailure(slot, id, () -> {
            if (pool.isUnmade(kind)) {
                sandboxes.make(kind);
                pool.made(kind);
            }
            Sandbox sandbox = sandboxes.open(id, kind);
            closeOnFailure(sandbox, () -> {});
            pool.started(slot, sandbox, startNanos);
        });
    }

    void prime(long slot, Sandbox sandbox) {
        reportFailure(slot, sandbox.vmId(), () -> {
            closeOnFailure(sandbox, () -> primer.accept(sandbox));
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
    private void closeOnFailure(Sandbox sandbox, Runnable task) {
        try {
            task.run();
            // A death is a failed start here: replacing the machine would let a waiting request wait for the next
            // death.
            sandbox.death().ifPresent(reason -> {
                throw new NeuroVisorException(Fault.VMM_FAILED, "virtual machine " + sandbox.vmId() + ": " + reason);
            });
        } catch (RuntimeException | Error failure) {
            sandbox.close();
            VmId id = sandbox.vmId();
            CompletableFuture<Void> _ = sandboxes.gone(id).thenRun(() -> listener.ended(id, SandboxEnd.START_FAILED));
            throw failure;
        }
    }

    /** Kills a machine whose lease is closed; returns when its guest executes nothing more, and has it removed. */
    void release(long slot, Sandbox sandbox) {
        pool.released(slot);
        try {
            sandbox.kill();
        } finally {
            // In a thread of the executor, which is never interrupted: an interrupted end would count as completed.
            executor.execute(() -> destroy(slot, sandbox, SandboxEnd.USED));
        }
    }

    void destroy(long slot, Sandbox sandbox, SandboxEnd end) {
        VmId id = sandbox.vmId();
        try {
            sandbox.close();
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
        CompletableFuture<Void> gone = sandboxes.gone(id);
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
