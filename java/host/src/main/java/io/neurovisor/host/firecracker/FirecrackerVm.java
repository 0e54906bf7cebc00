package io.neurovisor.host.firecracker;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.VmUsage;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.host.guestlink.GuestRateLimit;
import io.neurovisor.host.message.ConsoleText;
import io.neurovisor.host.probe.VmmLayers;
import io.neurovisor.host.spawner.VmmProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A Firecracker process with the session of its API. */
final class FirecrackerVm implements Vm {
    /** A killed process gives its memory back first, and its spawner removes what is left: seconds on a host that is loaded. */
    private static final Duration END_TIMEOUT = Duration.ofSeconds(20);

    /** Far more than a thread takes to its filter, also on a host that is loaded. */
    private static final Duration SETTLE_TIMEOUT = Duration.ofSeconds(5);

    private static final Duration LAST_WORDS_TIMEOUT = Duration.ofSeconds(2);

    private static final Duration LOOK_AGAIN_AFTER = Duration.ofMillis(2);

    private final VmId id;
    private final VmStart start;
    private final VmmProcess process;
    private final FirecrackerApi api;
    private final GuestRateLimit bucket;
    private final VsockConnector connector;
    private final VmmLayers layers;
    private final Ticker ticker;

    FirecrackerVm(
            VmId id,
            VmStart start,
            VmmProcess process,
            FirecrackerApi api,
            GuestLinks links,
            VmmLayers layers,
            Ticker ticker) {
        this.id = requireNonNull(id, "id is null");
        this.start = requireNonNull(start, "start is null");
        this.process = requireNonNull(process, "process is null");
        this.api = requireNonNull(api, "api is null");
        Path socket = FirecrackerVmm.root(process).resolve(FirecrackerMachine.VSOCK_SOCKET);
        this.ticker = requireNonNull(ticker, "ticker is null");
        this.bucket = new GuestRateLimit(ticker);
        this.connector = new VsockConnector(links, socket, process, bucket, ticker);
        this.layers = requireNonNull(layers, "layers is null");
    }

    @Override
    public VmId id() {
        return id;
    }

    @Override
    public GuestChannel connect(Deadline deadline) {
        return connector.connect(deadline);
    }

    /** Describes the machine and has its processors run. */
    void boot(FirecrackerMachine machine, Deadline deadline) {
        machine.configuration().forEach((path, body) -> api.put(path, body, deadline));
        api.put("/actions", Map.of("action_type", "InstanceStart"), deadline);
        requireConfined();
    }

    /** Loads what {@link #save} wrote and lets the processors run, once what confines them is known to be at work. */
    void restore(Deadline deadline) {
        api.put("/snapshot/load", FirecrackerMachine.loading(), deadline);
        requireConfined();
        api.patch("/vm", Map.of("state", "Resumed"), deadline);
    }

    @Override
    public void save(Deadline deadline) {
        if (!(start instanceof VmStart.TemplateBoot)) {
            throw new IllegalStateException("VM " + id + " was not booted as a template");
        }
        api.patch("/vm", Map.of("state", "Paused"), deadline);
        api.put("/snapshot/create", FirecrackerMachine.saving(), deadline);
        process.kill();
        awaitEnd(deadline.remaining());
    }

    @Override
    public List<LayerState> layers() {
        List<LayerState> read =
                layers.read(process.pid(), process::confinement, process.cgroupProblem(), bucket.state());
        return process.exit().isDone() ? ended() : read;
    }

    @Override
    public Optional<VmUsage> usage() {
        return process.exit().isDone() ? Optional.empty() : layers.usage(process.pid());
    }

    @Override
    public long residentBytes() {
        return process.exit().isDone() ? 0 : layers.residentBytes(process.pid());
    }

    @Override
    public Optional<String> death() {
        if (!process.exit().isDone()) {
            return Optional.empty();
        }
        return Optional.of(process.exit()
                .handle((exit, failure) -> exit == null ? "its spawner was lost" : FirecrackerExit.describe(exit))
                .join());
    }

    @Override
    public boolean ranOutOfMemory() {
        return process.exit().isDone()
                && process.exit()
                        .handle((exit, failure) -> exit != null && exit.oomKilled())
                        .join();
    }

    @Override
    public String consoleTail() {
        // A machine that is just ending breaks its connections first; its last words are worth the wait.
        return process.endsWithin(LAST_WORDS_TIMEOUT) ? "" : ConsoleText.tail(process.output());
    }

    @Override
    public void close() {
        process.kill();
        api.close();
        boolean _ = process.endsWithin(END_TIMEOUT);
    }

    /**
     * Firecracker loads its filters only now, and its jailer has done its part before: read off every thread rather than
     * believed. A thread for a processor loads its filter as the first thing that it does, which may be a moment after
     * Firecracker's answer.
     */
    private void requireConfined() {
        Deadline settled = Deadline.after(SETTLE_TIMEOUT, ticker);
        Optional<LayerState> broken = unconfined();
        while (broken.isPresent() && !settled.hasPassed() && !process.endsWithin(LOOK_AGAIN_AFTER)) {
            broken = unconfined();
        }
        if (broken.isPresent() && Thread.currentThread().isInterrupted()) {
            throw new NeuroVisorException(Fault.INTERRUPTED, "starting VM " + id + " was interrupted");
        }
        broken.ifPresent(state -> {
            throw new NeuroVisorException(
                    Fault.JAIL_FAILED,
                    "Firecracker of VM %s is not confined and was ended (%s: %s)"
                            .formatted(id, state.layer().label(), state.detail()));
        });
    }

    private Optional<LayerState> unconfined() {
        Optional<LayerState> read = layers.unconfined(process.pid(), process::confinement);
        return process.exit().isDone() ? Optional.of(ended().getLast()) : read;
    }

    /** Somebody else may have its process id by now. */
    private List<LayerState> ended() {
        return layers.unread("Firecracker of VM " + id + " has ended");
    }

    private void awaitEnd(Duration timeout) {
        if (!process.endsWithin(timeout)) {
            throw new NeuroVisorException(Fault.VMM_FAILED, "Firecracker of VM " + id + " does not end");
        }
    }
}
