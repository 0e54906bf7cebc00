package io.neurovisor.host.firecracker;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.Checkpoint;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.VmUsage;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.host.guestlink.wire.GuestRateLimit;
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

    /** For a checkpoint that failed because its deadline has passed. */
    private static final Duration RESUME_TIMEOUT = Duration.ofSeconds(10);

    private static final Duration EXIT_TIMEOUT = Duration.ofSeconds(2);

    private static final Duration POLL_INTERVAL = Duration.ofMillis(2);

    private final RunningVmm vmm;
    private final VmStart start;
    private final GuestLinks links;
    private final GuestRateLimit rateLimit;
    private final VsockConnector connector;
    private final Ticker ticker;
    private volatile FirecrackerApi api;

    FirecrackerVm(RunningVmm vmm, VmStart start, FirecrackerApi api, GuestLinks links, Ticker ticker) {
        this.vmm = vmm;
        this.start = start;
        this.api = api;
        this.links = links;
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

    /**
     * Loads the state that {@link #save} or {@link #checkpoint} wrote; resumes the processors once the confinement has been
     * verified.
     */
    void restore(VmStart.Restore restore, Deadline deadline) {
        api.put("/snapshot/load", FirecrackerMachine.loading(), deadline);
        requireConfined();
        // Firecracker looks at the queues of its devices when the machine is resumed, which is the first that needs its
        // memory.
        restore.checkpoint()
                .ifPresent(checkpoint -> vmm.process()
                        .loadMemory(FirecrackerMachine.memoryFile(restore.saved()), checkpoint.directory(), deadline));
        resume(deadline);
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
        if (!(start instanceof VmStart.Restore(SavedVm saved, Optional<Checkpoint> _))) {
            throw new IllegalStateException("VM " + vmm.id() + " is not a clone of a template");
        }
        connector.awaitHangUp(deadline);
        PrivateFiles.createDirectory(directory);
        try {
            FirecrackerApi session = session(deadline);
            session.patch("/vm", Map.of("state", "Paused"), deadline);
            session.putRefusedWith(
                    FirecrackerMachine.DEVICES_SAVED, "/snapshot/create", FirecrackerMachine.savingDevices(), deadline);
            vmm.process()
                    .saveMemory(
                            saved,
                            FirecrackerMachine.memoryFile(saved),
                            directory,
                            FirecrackerMachine.maxPagesBytes(saved),
                            deadline);
            return new Checkpoint(directory);
        } catch (NeuroVisorException exception) {
            undo(directory, exception);
            throw exception;
        }
    }

    /** Lets a machine run again that has not been saved. */
    private void undo(Path directory, NeuroVisorException reason) {
        boolean interrupted = Thread.interrupted(); // May be the reason, and must not keep the machine from running.
        try {
            resume(Deadline.after(RESUME_TIMEOUT, ticker));
            PrivateFiles.delete(directory);
        } catch (NeuroVisorException exception) {
            reason.addSuppressed(exception);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void resume(Deadline deadline) {
        session(deadline).patch("/vm", Map.of("state", "Resumed"), deadline);
    }

    /** Returns a session with the API: another one if the last one was closed, because a request had no response. */
    private FirecrackerApi session(Deadline deadline) {
        if (!api.isOpen()) {
            Path socket = FirecrackerVmm.root(vmm.process()).resolve(FirecrackerMachine.API_SOCKET);
            api = FirecrackerApi.connect(links.unixSockets(), socket, deadline)
                    .orElseThrow(() -> new NeuroVisorException(
                            Fault.VMM_FAILED, "Firecracker's API does not accept connections any more"));
        }
        return api;
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
