package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestUsage;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.sandbox.LivingSandbox.Home;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The slow tasks of living sandboxes, which run outside the lock of the book: examining and ending them. */
final class SandboxTasks {
    /** The time in which a guest has to give a sign of life. */
    private static final Duration EXAMINATION = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(SandboxTasks.class);

    private final LockedBook book;
    private final SandboxRecords records;
    private final SandboxListener listener;
    private final Ticker ticker;
    private final Executor executor;
    /** Records are written one after the other, so that the last one that is written is the latest. */
    private final Lock writing = new ReentrantLock();

    private record Ending(boolean isFirst, Optional<SandboxStep> step) {}

    SandboxTasks(LockedBook book, SandboxRecords records, SandboxListener listener, Ticker ticker, Executor executor) {
        this.book = book;
        this.records = records;
        this.listener = listener;
        this.ticker = ticker;
        this.executor = executor;
    }

    /** Does a step. */
    void perform(SandboxStep step) {
        Optional<LockedBook.View> found =
                book.find(step.id()).filter(view -> view.living().isPresent());
        if (found.isEmpty()) {
            return;
        }
        LivingSandbox living = found.get().living().orElseThrow();
        Home home = living.home().join();
        switch (step) {
            case SandboxStep.End(SandboxId id) -> {
                // Its creation is reported before its end.
                boolean _ =
                        living.settled().handle((_, failure) -> failure == null).join();
                release(id, living, home);
            }
            case SandboxStep.SetClock(SandboxId id) -> setClock(id, home.machine());
            case SandboxStep.ReadLayers _ -> readLayers(found.get(), home.machine());
        }
    }

    /** Kills the machine of a sandbox that has ended, and reports its end. */
    void release(SandboxId id, LivingSandbox living, Home home) {
        try {
            home.lease().close();
        } finally {
            write(id);
            reportEnd(book.released(id).record());
            living.released().complete(null);
        }
    }

    /** Ends the sandboxes whose VMM or guest has ended. Nothing else reports the death of an idle machine. */
    void findDead() {
        for (LockedBook.View view : book.list(SandboxBook::living)) {
            view.home().map(Home::machine).ifPresent(machine -> {
                machine.death().ifPresent(how -> died(view, how));
                // In another thread, because it waits for the end of an ending VMM, which breaks its connection first.
                machine.guestFailure()
                        .ifPresent(how -> executor.execute(
                                () -> endAfter(view.record().id(), new NeuroVisorException(Fault.SANDBOX_LOST, how))));
            });
        }
    }

    /** Ends a sandbox; returns false if that was decided before. The caller may wait for its release. */
    boolean end(SandboxId id, SandboxEnd end) {
        Ending ending = book.change((all, nowNanos) -> new Ending(all.isToGoOn(id), all.end(id, end, "", nowNanos)));
        ending.step().ifPresent(this::start);
        return ending.isFirst();
    }

    private void died(LockedBook.View view, String detail) {
        SandboxId id = view.record().id();
        SandboxEnd end = view.home().map(home -> endOf(home.machine())).orElse(SandboxEnd.DIED);
        book.change((all, nowNanos) -> all.died(id, end, detail, nowNanos)).ifPresent(this::start);
    }

    private static SandboxEnd endOf(Machine machine) {
        if (machine.isLost()) {
            return SandboxEnd.LOST;
        }
        return machine.ranOutOfMemory() ? SandboxEnd.OUT_OF_MEMORY : SandboxEnd.DIED;
    }

    /** Does a step in another thread. */
    void start(SandboxStep step) {
        executor.execute(() -> perform(step));
    }

    /** Returns the failure of a call to the guest as its caller is to see it; ends the sandbox if its guest has failed. */
    NeuroVisorException explained(SandboxId id, NeuroVisorException failure) {
        if (failure.fault() == Fault.GUEST_SILENT) {
            executor.execute(() -> examine(id));
        } else if (!isDeath(failure)) {
            return failure;
        } else {
            endAfter(id, failure);
        }
        return book.find(id)
                .filter(LockedBook.View::hasEnded)
                .map(view -> SandboxFaults.endedMeanwhile(view.record(), failure))
                .orElse(failure);
    }

    /** Asks a silent guest for a sign of life, and ends its sandbox if there is none. */
    private void examine(SandboxId id) {
        Optional<LivingSandbox> living = book.find(id).flatMap(LockedBook.View::living);
        Optional<Home> home = living.flatMap(LivingSandbox::homeNow);
        if (home.isPresent() && living.get().examined().compareAndSet(false, true)) {
            try {
                GuestUsage _ = home.get().machine().usage(limit());
            } catch (NeuroVisorException failure) {
                if (isDeath(failure)) {
                    endAfter(id, failure);
                }
            } finally {
                living.get().examined().set(false);
            }
        }
    }

    private void endAfter(SandboxId id, NeuroVisorException failure) {
        Optional<LockedBook.View> view = book.find(id);
        view.flatMap(LockedBook.View::home)
                .ifPresent(home -> died(view.get(), home.machine().diagnose(failure)));
    }

    /** Returns whether a guest whose call failed in this way cannot be used any longer. */
    static boolean isDeath(NeuroVisorException failure) {
        return switch (failure.fault()) {
            case SANDBOX_LOST, GUEST_SILENT, GUEST_EXCEEDED -> true;
            default -> false;
        };
    }

    private void setClock(SandboxId id, Machine machine) {
        try {
            machine.setClock(limit());
        } catch (NeuroVisorException failure) {
            LOG.warn("the clock of sandbox {} was not set: {}", id, failure.getMessage());
            NeuroVisorException _ = explained(id, failure);
        }
    }

    /** Ends a sandbox if a layer that was live is live no longer, after a second look. */
    private void readLayers(LockedBook.View view, Machine machine) {
        List<LayerState> before = machine.layers();
        if (lost(before, machine.readLayers()).isPresent() && machine.death().isEmpty()) {
            Optional<LayerState> lost = lost(before, machine.readLayers());
            lost.filter(_ -> machine.death().isEmpty())
                    .ifPresent(state -> died(
                            view,
                            "layer %d (%s) of its virtual machine is %s: %s"
                                    .formatted(
                                            state.layer().number(),
                                            state.layer().label(),
                                            state.status().label(),
                                            state.detail())));
        }
    }

    private static Optional<LayerState> lost(List<LayerState> before, List<LayerState> now) {
        return now.stream()
                .filter(state -> state.status() != LayerState.Status.LIVE)
                .filter(state -> before.stream()
                        .anyMatch(old -> old.layer() == state.layer() && old.status() == LayerState.Status.LIVE))
                .findFirst();
    }

    private Deadline limit() {
        return Deadline.after(EXAMINATION, ticker);
    }

    /** Writes the record of a sandbox as it is now. A failure is logged: its row counts as lost at the next start. */
    void write(SandboxId id) {
        writing.lock();
        try {
            book.find(id).ifPresent(view -> records.update(view.record()));
        } catch (NeuroVisorException failure) {
            LOG.warn("the record of sandbox {} was not written: {}", id, failure.getMessage());
        } finally {
            writing.unlock();
        }
    }

    void reportEnd(SandboxRecord record) {
        listener.ended(record, record.end().orElse(SandboxEnd.LOST), record.endDetail());
    }

    Sandbox sandbox(LockedBook.View view) {
        Optional<Home> home = view.home();
        return new Sandbox(
                view.record(),
                view.phase(),
                home.map(living -> living.machine().layers()).orElse(List.of()),
                home.map(Home::diskBytes).orElse(0L),
                new SandboxCalls(view.record().id(), book, this));
    }
}
