package io.neurovisor.engine.machine;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.guest.GuestIdentity;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.vm.Checkpoint;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmDiagnosis;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The channel of a machine, which is another one after each {@link #save}. */
final class MachineChannel implements AutoCloseable {
    /** The time that a sandbox has to go on after a save, or after the failure of one. */
    private static final Duration WAKING = Duration.ofSeconds(30);

    private final Vm vm;
    private final Supplier<GuestIdentity> randomness;
    private final MachineSteps steps;
    private volatile GuestChannel current;

    /**
     * @param randomness supplies a sandbox that goes on under its names
     * @param steps of the start of the machine
     */
    MachineChannel(Vm vm, GuestChannel first, Supplier<GuestIdentity> randomness, MachineSteps steps) {
        this.vm = vm;
        this.current = first;
        this.randomness = randomness;
        this.steps = steps;
    }

    MachineSteps steps() {
        return steps;
    }

    GuestChannel current() {
        return current;
    }

    /** As {@link Machine#save}. */
    Checkpoint save(Path directory, Deadline deadline) {
        try {
            steps.measured(MachineStep.Kind.FREEZE, () -> current.freeze(deadline));
        } catch (NeuroVisorException failure) {
            throw goOnAfter(failure, this::thawUnsaved);
        }
        current.close();
        try {
            return steps.measured(MachineStep.Kind.SAVE, () -> vm.checkpoint(directory, deadline));
        } catch (NeuroVisorException failure) {
            throw goOnAfter(failure, this::wake);
        }
    }

    /** As {@link Machine#goOn}. */
    void goOn() {
        orKill(deadline -> {
            vm.resume(deadline);
            wake(deadline);
        });
    }

    /** Lets the sandbox go on and returns why it was not saved, or that it is lost. */
    private NeuroVisorException goOnAfter(NeuroVisorException failure, Consumer<Deadline> waking) {
        try {
            orKill(waking);
            return failure;
        } catch (NeuroVisorException lost) {
            lost.addSuppressed(failure);
            return lost;
        }
    }

    /** Kills the machine if its sandbox does not go on. Nothing else would notice a sandbox that stands still. */
    private void orKill(Consumer<Deadline> waking) {
        // An interruption or a deadline that has passed may be why the sandbox was not saved, and must not end it.
        boolean interrupted = Thread.interrupted();
        try {
            waking.accept(Deadline.after(WAKING, steps.ticker()));
        } catch (NeuroVisorException failure) {
            String reason = VmDiagnosis.describe(vm, failure);
            current.close();
            vm.kill();
            throw new NeuroVisorException(Fault.SANDBOX_LOST, "the sandbox did not go on: " + reason, failure);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Thaws a sandbox that may be frozen, over the channel that may have frozen it. */
    private void thawUnsaved(Deadline deadline) {
        try {
            current.thaw(deadline);
        } catch (NeuroVisorException refusal) {
            // Refused if the programs run; or over a second connection, which gRPC makes if the guest has ended the
            // first one.
            if (refusal.fault() != Fault.GUEST_REFUSED || current.failure().isPresent()) {
                throw refusal;
            }
        }
    }

    private void wake(Deadline deadline) {
        steps.measured(MachineStep.Kind.REFRESH, () -> {
            current = vm.connect(deadline);
            current.refresh(randomness.get(), deadline);
        });
        current.thaw(deadline);
    }

    @Override
    public void close() {
        current.close();
    }
}
