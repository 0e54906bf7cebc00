package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestUsage;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.sandbox.LivingSandbox.Home;
import io.neurovisor.engine.sandbox.calls.GuestCalls;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the sandboxes whose machine or guest has failed, also by the failures of calls, and ends them.
 *
 * @param starter does a step in another thread
 */
record SandboxHealth(LockedBook book, Ticker ticker, Executor executor, Consumer<SandboxStep> starter) {
    /** The time in which a guest has to give a sign of life. */
    private static final Duration EXAMINATION = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(SandboxHealth.class);

    /**
     * Returns the calls of clients to the guest of a sandbox, which is not idle meanwhile.
     *
     * @param running returns the sandbox when it runs; throws if it does not
     */
    GuestCalls calls(Supplier<LockedBook.View> running) {
        return new Calls(running, this, true);
    }

    /** Measures the guest of a sandbox that runs. */
    GuestUsage usage(SandboxId id, Deadline deadline) {
        GuestUsage usage = new Calls(() -> book.running(id), this, false).call(machine -> machine.usage(deadline));
        state(id, (state, nowNanos) -> state.times().measure(usage.cpuSeconds(), nowNanos));
        return usage;
    }

    private void state(SandboxId id, ObjLongConsumer<SandboxState> event) {
        Optional<SandboxState> _ = book.change((all, nowNanos) -> {
            Optional<SandboxState> found = all.find(id);
            found.ifPresent(state -> event.accept(state, nowNanos));
            return found;
        });
    }

    /** Ends the sandboxes whose VMM or guest has ended. Nothing else reports the death of an idle machine. */
    void findDead() {
        for (LockedBook.View view : book.list(SandboxBook::living)) {
            view.home().map(Home::machine).ifPresent(machine -> {
                machine.death().ifPresent(how -> died(view, how));
                // In another thread, because it waits for the end of an ending VMM, which breaks its connection first.
                machine.guestFailure()
                        .ifPresent(how -> executor.execute(
                                () -> endAfter(view, new NeuroVisorException(Fault.SANDBOX_LOST, how))));
            });
        }
    }

    /** @param view the sandbox when its machine was examined */
    private void died(LockedBook.View view, String detail) {
        SandboxEnd end = view.home().map(home -> endOf(home.machine())).orElse(SandboxEnd.DIED);
        book.change((all, nowNanos) -> all.died(view.id(), view.saves(), end, detail, nowNanos))
                .ifPresent(starter);
    }

    static SandboxEnd endOf(Machine machine) {
        if (machine.isLost()) {
            return SandboxEnd.LOST;
        }
        return machine.ranOutOfMemory() ? SandboxEnd.OUT_OF_MEMORY : SandboxEnd.DIED;
    }

    /**
     * Returns the failure of a call to the guest as its caller is to see it; ends the sandbox if its guest has failed.
     *
     * @param view the sandbox when the call began
     */
    NeuroVisorException explained(LockedBook.View view, NeuroVisorException failure) {
        boolean isDeath = isDeath(failure);
        if (book.find(view.id()).filter(now -> now.saves() != view.saves()).isPresent()) {
            return isDeath || failure.fault() == Fault.GUEST_REFUSED || failure.fault() == Fault.SANDBOX_MOVED
                    ? SandboxFaults.savedMeanwhile(view.id(), failure)
                    : failure;
        }
        if (!isDeath) {
            return failure;
        }
        if (failure.fault() == Fault.GUEST_SILENT) {
            executor.execute(() -> examine(view));
        } else {
            endAfter(view, failure);
        }
        return book.find(view.id())
                .filter(LockedBook.View::hasEnded)
                .map(ended -> SandboxFaults.endedMeanwhile(ended.record(), Optional.of(failure)))
                .orElse(failure);
    }

    /** Asks a silent guest for a sign of life, and ends its sandbox if there is none. */
    private void examine(LockedBook.View view) {
        Optional<LivingSandbox> living = view.living();
        if (living.isPresent() && living.get().examined().compareAndSet(false, true)) {
            try {
                view.home().ifPresent(home -> {
                    GuestUsage _ = home.machine().usage(limit());
                });
            } catch (NeuroVisorException failure) {
                if (isDeath(failure)) {
                    endAfter(view, failure);
                }
            } finally {
                living.get().examined().set(false);
            }
        }
    }

    private void endAfter(LockedBook.View view, NeuroVisorException failure) {
        // A machine that is killed when its sandbox is paused fails as well.
        if (book.find(view.id()).filter(now -> now.saves() == view.saves()).isPresent()) {
            view.home().ifPresent(home -> died(view, home.machine().diagnose(failure)));
        }
    }

    /** Returns whether a guest whose call failed in this way cannot be used any longer. */
    static boolean isDeath(NeuroVisorException failure) {
        return switch (failure.fault()) {
            case SANDBOX_LOST, GUEST_SILENT, GUEST_EXCEEDED -> true;
            default -> false;
        };
    }

    /** Sets the clock of a guest. */
    void setClock(LockedBook.View view, Machine machine) {
        try {
            machine.setClock(limit());
        } catch (NeuroVisorException failure) {
            LOG.warn("the clock of sandbox {} was not set: {}", view.id(), failure.getMessage());
            NeuroVisorException _ = explained(view, failure);
        }
    }

    /** Ends a sandbox if a layer that was live is live no longer, after a second look. */
    void readLayers(LockedBook.View view, Machine machine) {
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

    /** @param counted whether the sandbox is in use meanwhile */
    private record Calls(Supplier<LockedBook.View> running, SandboxHealth health, boolean counted)
            implements GuestCalls {
        @Override
        public <T> T open(BiFunction<Machine, Guard, T> call) {
            LockedBook.View view = running.get();
            Machine machine = view.home()
                    .orElseThrow(() -> SandboxFaults.unknown(view.id()))
                    .machine();
            Guard guard = new OneCall(
                    view, health, counted && view.record().spec().idlePause().isPresent());
            try {
                return guard.get(() -> call.apply(machine, guard));
            } catch (RuntimeException | Error failure) {
                guard.close();
                throw failure;
            }
        }
    }

    private static final class OneCall implements GuestCalls.Guard {
        private final LockedBook.View view;
        private final SandboxHealth health;
        private final AtomicBoolean counted;

        /** @param view the sandbox when the call began */
        OneCall(LockedBook.View view, SandboxHealth health, boolean counted) {
            this.view = view;
            this.health = health;
            this.counted = new AtomicBoolean(counted);
            if (counted) {
                health.state(view.id(), (state, _) -> state.beginCall());
            }
        }

        @Override
        public <T> T get(Supplier<T> step) {
            try {
                return step.get();
            } catch (NeuroVisorException failure) {
                throw health.explained(view, failure);
            }
        }

        @Override
        public void close() {
            if (counted.getAndSet(false)) {
                health.state(view.id(), SandboxState::endCall);
            }
        }
    }
}
