package io.neurovisor.engine.machine;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.guest.GuestIdentity;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.Boots;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmDiagnosis;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/**
 * Starts machines. Each guest receives its own identity before a program can use it, however its machine was started.
 *
 * @param required a machine without all of these layers is not used
 */
public record MachineFactory(
        Vmm vmm, RandomGenerator strongRandom, Ticker ticker, MachineListener listener, RequiredLayers required) {
    /** Returns an id that no machine has used. */
    public VmId newId() {
        return VmId.random(strongRandom);
    }

    /** Starts a fresh machine with a new id; the caller closes it. */
    public Machine open(VmStart start, Deadline deadline) {
        return open(newId(), start, deadline);
    }

    /** Starts a fresh machine with this id. If its guest ends while it boots, it is booted again. */
    public Machine open(VmId id, VmStart start, Deadline deadline) {
        GuestIdentity identity = GuestIdentity.fresh(strongRandom, id.value());
        int boots = start instanceof VmStart.ColdBoot ? Boots.MAX : 1;
        for (int boot = 1; ; boot++) {
            Optional<Machine> machine = open(id, start, identity, false, deadline, boot < boots);
            if (machine.isPresent()) {
                return machine.get();
            }
        }
    }

    /**
     * Starts a machine from the checkpoint of a sandbox that {@link Machine#save} has saved. Its programs run on with
     * randomness of their own, once its layers are as required.
     *
     * @param hostname the new name of a copy; empty for the sandbox itself, which keeps its names
     */
    public Machine restore(VmId id, VmStart.Restore start, Optional<String> hostname, Deadline deadline) {
        GuestIdentity identity = hostname.map(name -> GuestIdentity.fresh(strongRandom, name))
                .orElseGet(() -> GuestIdentity.ofTheSameNames(strongRandom));
        return open(id, start, identity, true, deadline, false).orElseThrow();
    }

    /** Returns empty if the guest has ended, and nothing of the machine is left, so that it may be started again. */
    private Optional<Machine> open(
            VmId id, VmStart start, GuestIdentity identity, boolean frozen, Deadline deadline, boolean mayRepeat) {
        long startNanos = ticker.nanos();
        MachineSteps steps = new MachineSteps(ticker);
        Vm vm = steps.measured(MachineStep.Kind.LOAD, () -> vmm.start(id, start, deadline));
        listener.begun(vm);
        try {
            GuestChannel channel =
                    steps.measured(MachineStep.Kind.REFRESH, () -> readyChannel(vm, identity, frozen, deadline));
            // The state of the rate limit can be read once a message has passed it. Nothing waits for this.
            CompletableFuture<List<LayerState>> layers =
                    CompletableFuture.supplyAsync(vm::layers, Thread::startVirtualThread);
            if (!required.layers().isEmpty()) {
                required.check(layers.join());
            }
            if (frozen) {
                channel.thaw(deadline);
            }
            MachineChannel replaceable = new MachineChannel(
                    vm,
                    channel,
                    () -> GuestIdentity.ofTheSameNames(strongRandom),
                    frozen ? steps : new MachineSteps(ticker));
            Machine machine = new Machine(start, vm, replaceable, frozen, layers, ticker, startNanos);
            listener.ready(machine);
            return Optional.of(machine);
        } catch (NeuroVisorException exception) {
            String diagnosis = diagnosis(vm, exception);
            boolean ended = Boots.hasEnded(vm, exception);
            vm.close();
            CompletableFuture<Void> end = vmm.gone(id).thenRun(() -> listener.ended(id, MachineEnd.START_FAILED));
            if (mayRepeat && ended && end.isDone() && !deadline.hasPassed()) {
                return Optional.empty();
            }
            throw new NeuroVisorException(
                    exception.fault(), "virtual machine " + vm.id() + ": " + diagnosis, exception);
        }
    }

    /** A machine that only lacks a layer, or has another agent, runs, so there is no end to wait for. */
    private static String diagnosis(Vm vm, NeuroVisorException exception) {
        return switch (exception.fault()) {
            case LAYER_MISSING, CHECKPOINT_FOREIGN -> String.valueOf(exception.getMessage());
            default -> VmDiagnosis.describe(vm, exception);
        };
    }

    /** Completes when nothing of that machine is left on the host. */
    public CompletableFuture<Void> gone(VmId id) {
        return vmm.gone(id);
    }

    /** @param saved whether its agent may be that of an earlier NeuroVisor */
    private static GuestChannel readyChannel(Vm vm, GuestIdentity identity, boolean saved, Deadline deadline) {
        GuestChannel channel = vm.connect(deadline);
        try {
            if (saved) {
                channel.hello(deadline).requireSpoken();
            }
            channel.refresh(identity, deadline);
            return channel;
        } catch (NeuroVisorException exception) {
            channel.close();
            throw exception;
        }
    }
}
