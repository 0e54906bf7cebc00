package io.neurovisor.engine.sandbox;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.guest.GuestIdentity;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmDiagnosis;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/** Makes sandboxes: whatever a machine starts from, its guest gets an identity of its own before anyone can use it. */
public final class SandboxFactory {
    private final Vmm vmm;
    private final RandomGenerator strongRandom;
    private final Ticker ticker;
    private final SandboxListener listener;
    private final RequiredLayers required;

    public SandboxFactory(Vmm vmm, RandomGenerator strongRandom, Ticker ticker) {
        this(vmm, strongRandom, ticker, SandboxListener.NONE, RequiredLayers.NONE);
    }

    /** @param required a machine that has not all of these serves nobody */
    public SandboxFactory(
            Vmm vmm, RandomGenerator strongRandom, Ticker ticker, SandboxListener listener, RequiredLayers required) {
        this.vmm = requireNonNull(vmm, "vmm is null");
        this.strongRandom = requireNonNull(strongRandom, "strongRandom is null");
        this.ticker = requireNonNull(ticker, "ticker is null");
        this.listener = requireNonNull(listener, "listener is null");
        this.required = requireNonNull(required, "required is null");
    }

    /** Returns an id that no machine has had. */
    public VmId newId() {
        return VmId.random(strongRandom);
    }

    /** Returns a sandbox that no program has used, with a new id; the caller closes it. */
    public Sandbox open(VmStart start, Deadline deadline) {
        return open(newId(), start, deadline);
    }

    /** The same with this id. */
    public Sandbox open(VmId id, VmStart start, Deadline deadline) {
        long startNanos = ticker.nanos();
        Vm vm = vmm.start(id, start, deadline);
        listener.begun(vm);
        try {
            GuestChannel channel = readyChannel(vm, deadline);
            // What bounds the channel can be read once something has passed it; nobody waits for it.
            CompletableFuture<List<LayerState>> layers =
                    CompletableFuture.supplyAsync(vm::layers, Thread::startVirtualThread);
            if (!required.layers().isEmpty()) {
                required.check(layers.join());
            }
            Sandbox sandbox = new Sandbox(start, vm, channel, layers, ticker, startNanos);
            listener.ready(sandbox);
            return sandbox;
        } catch (NeuroVisorException exception) {
            // A machine that only lacks a layer is well, and has no last words to wait for.
            String diagnosis = exception.fault() == Fault.LAYER_MISSING
                    ? String.valueOf(exception.getMessage())
                    : VmDiagnosis.describe(vm, exception);
            vm.close();
            CompletableFuture<Void> _ = vmm.gone(id).thenRun(() -> listener.ended(id, SandboxEnd.START_FAILED));
            throw new NeuroVisorException(
                    exception.fault(), "virtual machine " + vm.id() + ": " + diagnosis, exception);
        }
    }

    /** Completes when the host has nothing left of that machine. */
    public CompletableFuture<Void> gone(VmId id) {
        return vmm.gone(id);
    }

    private GuestChannel readyChannel(Vm vm, Deadline deadline) {
        GuestChannel channel = vm.connect(deadline);
        try {
            channel.refresh(GuestIdentity.fresh(strongRandom, vm.id().value()), deadline);
            return channel;
        } catch (NeuroVisorException exception) {
            channel.close();
            throw exception;
        }
    }
}
