package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.pool.Lease;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.sandbox.LivingSandbox.Home;
import io.neurovisor.engine.sandbox.report.SandboxListener;
import io.neurovisor.engine.sandbox.report.SandboxRecords;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.vm.VmStart;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives new sandboxes their records and machines, and lost ones their lives back, outside the lock of the book. */
record SandboxCreation(
        LockedBook book,
        WarmPool pool,
        SandboxRecords records,
        SandboxListener listener,
        Executor executor,
        SandboxTasks tasks,
        PausedSandboxes paused) {
    private static final Logger LOG = LoggerFactory.getLogger(SandboxCreation.class);

    /** Records a new sandbox and has its machine made: from the pool, or as a copy of a saved one. */
    void start(
            LockedBook.View view,
            SandboxSpec spec,
            Optional<VmStart.Restore> saved,
            SandboxOwner owner,
            Deadline deadline) {
        if (record(view)) {
            SandboxId id = view.id();
            executor.execute(() -> settle(
                    view,
                    () -> saved.map(start -> paused.copy(id, spec, owner, start))
                            .orElseGet(() -> home(id, spec, owner, deadline))));
        }
    }

    /** Records a new sandbox; returns false if that has failed, and the sandbox with it. */
    boolean record(LockedBook.View view) {
        try {
            records.insert(view.record());
            return true;
        } catch (RuntimeException | Error failure) {
            failed(view, failure);
            return false;
        }
    }

    /** Makes the machine of a new sandbox, which runs or has failed afterwards. */
    void settle(LockedBook.View view, Supplier<Home> machine) {
        Home home;
        try {
            home = machine.get();
        } catch (RuntimeException | Error failure) {
            failed(view, failure);
            return;
        }
        settle(view.id(), view.living().orElseThrow(), home);
    }

    /** Leases a machine and turns it into a sandbox; tries a second one if the first dies of it. */
    private Home home(SandboxId id, SandboxSpec spec, SandboxOwner owner, Deadline deadline) {
        Lease first = lease(spec, owner, deadline);
        try {
            return adopted(first, spec, deadline);
        } catch (NeuroVisorException failure) {
            if (!SandboxHealth.isDeath(failure)) {
                throw failure;
            }
            LOG.warn(
                    "the machine of sandbox {} did not become a sandbox and is replaced: {}", id, failure.getMessage());
            return adopted(lease(spec, owner, deadline), spec, deadline);
        }
    }

    private Lease lease(SandboxSpec spec, SandboxOwner owner, Deadline deadline) {
        return pool.lease(spec.kind(), owner.claimant().forItsSandboxes(), Optional.of(deadline));
    }

    private static Home adopted(Lease lease, SandboxSpec spec, Deadline deadline) {
        try {
            long diskBytes = lease.machine().adopt(spec.environment(), spec.directory(), deadline);
            return Home.of(lease, diskBytes, spec);
        } catch (NeuroVisorException failure) {
            String reason = SandboxHealth.isDeath(failure)
                    ? lease.machine().diagnose(failure)
                    : String.valueOf(failure.getMessage());
            lease.close();
            throw new NeuroVisorException(
                    failure.fault(), "virtual machine " + lease.machine().vmId() + ": " + reason, failure);
        } catch (RuntimeException | Error defect) {
            lease.close();
            throw defect;
        }
    }

    private void settle(SandboxId id, LivingSandbox living, Home home) {
        Optional<SandboxStep> ended = book.change((all, nowNanos) -> {
            boolean _ = living.home().complete(home);
            return all.running(id, home.machine().vmId(), nowNanos);
        });
        if (ended.isPresent()) {
            tasks.release(id, living, false);
            living.settled()
                    .completeExceptionally(SandboxFaults.endedBefore(
                            book.find(id).orElseThrow().record()));
        } else {
            tasks.write(id);
            listener.created(tasks.sandbox(book.find(id).orElseThrow()));
            living.settled().complete(null);
        }
    }

    /** As {@link Sandboxes#goBack}. */
    void goBack(SandboxId id, SandboxOwner owner) {
        boolean _ = tasks.inTurn(() -> {
            Optional<SandboxRecord> earlier = book.change((all, nowNanos) -> all.earlier(id, owner, nowNanos));
            if (earlier.isEmpty()) {
                return false;
            }
            if (!records.goBack(earlier.get())) {
                throw SandboxFaults.goneBackElsewhere(id);
            }
            boolean isBack = book.read(all -> all.goBack(earlier.get()));
            if (!isBack) {
                tasks.write(id); // It was killed meanwhile.
            }
            return isBack;
        });
    }

    /** Admits no more sandboxes, and ends those that are being created. */
    void refuse(SandboxEnd end) {
        List<LockedBook.View> creating = book.list(all -> {
            all.stop();
            return all.living().filter(state -> state.phase() == SandboxPhase.CREATING);
        });
        creating.forEach(view -> tasks.end(view.id(), end));
        pool.refuseSandboxes();
    }

    /** Reports that a new sandbox gets no machine. */
    void failed(LockedBook.View created, Throwable failure) {
        SandboxId id = created.id();
        LivingSandbox living = created.living().orElseThrow();
        NeuroVisorException reason = failure instanceof NeuroVisorException known
                ? known
                : new NeuroVisorException(Fault.INTERNAL, "sandbox " + id + " was not created: " + failure, failure);
        LockedBook.View view = book.failed(id, reason);
        tasks.write(id);
        tasks.reportEnd(view.record());
        living.settled().completeExceptionally(reason);
        living.released().complete(null);
    }
}
