package io.neurovisor.host.firecracker;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.Checkpoint;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.VmUsage;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.host.guestlink.GuestRateLimit;
import io.neurovisor.host.message.ConsoleText;
import io.neurovisor.host.spawner.RunningVmm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A virtual machine that runs in Firecracker and is controlled through its API. */
final class FirecrackerVm implements Vm {
    /** Far more than a thread takes to load its filter, also on a loaded host. */
    private static final Duration CONFINEMENT_TIMEOUT = Duration.ofSeconds(5);

    private static final Duration EXIT_TIMEOUT = Duration.ofSeconds(2);

    private static final Duration POLL_INTERVAL = Duration.ofMillis(2);

    private final RunningVmm vmm;
    private final VmStart start;
    private final FirecrackerApi api;
    private final GuestRateLimit rateLimit;
    private final VsockConnector connector;
    private final Ticker ticker;

    FirecrackerVm(RunningVmm vmm, VmStart start, FirecrackerApi api, GuestLinks links, Ticker ticker) {
        this.vmm = vmm;
        this.start = start;
        this.api = api;
        this.ticker = ticker;
        this.rateLimit = new GuestRateLimit(ticker);
        Path socket = FirecrackerVmm.root(vmm.process()).resolve(FirecrackerMachine.VSOCK_SOCKET);
        this.connector = new VsockConnector(links, socket, vmm.process(), rateLimit, ticker);
    }

    @Override
    public VmId id() {
        return vmm.id();
    }

    @Override
    public GuestChannel connect(Deadline deadline) {
        return connector.connect(deadline);
    }

    /** Configures the machine and starts its processors. */
    void boot(FirecrackerMachine machine, Deadline deadline) {
        machine.configuration().forEach((path, body) -> api.put(path, body, deadline));
        api.put("/actions", Map.of("action_type", "InstanceStart"), deadline);
        requireConfined();
    }

    /** Loads the state that {@link #save} wrote; resumes the processors once the confinement has been verified. */
    void restore(Deadline deadline) {
        api.put("/snapshot/load", FirecrackerMachine.loading(), deadline);
        requireConfined();
        api.patch("/vm", Map.of("state", "Resumed"), deadline);
    }

    @Override
    public void save(Deadline deadline) {
        if (!(start instanceof VmStart.TemplateBoot)) {
            throw new IllegalStateException("VM " + vmm.id() + " was not booted as a template");
        }
        api.patch("/vm", Map.of("state", "Paused"), deadline);
        api.put("/snapshot/create", FirecrackerMachine.saving(), deadline);
        vmm.process().kill();
        vmm.awaitEnd(deadline.remaining());
    }

    @Override
    public Checkpoint checkpoint(Path directory, Deadline deadline) {
        throw FirecrackerVmm.withoutCheckpoints();
    }

    @Override
    public void resume(Deadline deadline) {
        throw FirecrackerVmm.withoutCheckpoints();
    }

    @Override
    public List<LayerState> layers() {
        return vmm.layers(rateLimit.state());
    }

    @Override
    public Optional<VmUsage> usage() {
        return vmm.usage();
    }

    @Override
    public long residentBytes() {
        return vmm.residentBytes();
    }

    @Override
    public Duration processorTime() {
        return vmm.processorTime();
    }

    @Override
    public Optional<String> death() {
        return vmm.death();
    }

    @Override
    public boolean ranOutOfMemory() {
        return vmm.ranOutOfMemory();
    }

    @Override
    public boolean isLost() {
        return vmm.isLost();
    }

    @Override
    public String consoleTail() {
        // An ending machine breaks its connections first: after a short wait death() can report how it ended.
        return vmm.process().endsWithin(EXIT_TIMEOUT)
                ? ""
                : ConsoleText.tail(vmm.process().output());
    }

    @Override
    public void kill() {
        vmm.kill();
    }

    @Override
    public void close() {
        vmm.process().kill();
        api.close();
        vmm.awaitGone();
    }

    /**
     * Reads the confinement off every thread, once Firecracker has loaded its filters, and fails if it is incomplete. A vCPU
     * thread loads its filter as its first action, possibly a moment after Firecracker's response.
     */
    private void requireConfined() {
        Deadline deadline = Deadline.after(CONFINEMENT_TIMEOUT, ticker);
        Optional<LayerState> broken = vmm.unconfined();
        while (broken.isPresent() && !deadline.hasPassed() && !vmm.process().endsWithin(POLL_INTERVAL)) {
            broken = vmm.unconfined();
        }
        if (broken.isPresent() && Thread.currentThread().isInterrupted()) {
            throw new NeuroVisorException(Fault.INTERRUPTED, "starting VM " + vmm.id() + " was interrupted");
        }
        broken.ifPresent(state -> {
            throw new NeuroVisorException(
                    Fault.JAIL_FAILED,
                    "Firecracker of VM %s is not confined and was ended (%s: %s)"
                            .formatted(vmm.id(), state.layer().label(), state.detail()));
        });
    }
}
