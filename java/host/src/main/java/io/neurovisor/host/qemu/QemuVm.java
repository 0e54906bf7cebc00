package io.neurovisor.host.qemu;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmUsage;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.host.guestlink.GuestRateLimit;
import io.neurovisor.host.probe.VmmLayers;
import io.neurovisor.host.spawner.VmmProcess;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A QEMU process with its monitor session. */
final class QemuVm implements Vm {
    private static final Duration CONSOLE_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration LAST_WORDS_TIMEOUT = Duration.ofSeconds(1);
    /** A killed process gives its memory back first, and its spawner removes what is left: seconds on a host that is loaded. */
    static final Duration END_TIMEOUT = Duration.ofSeconds(20);

    private final VmId id;
    private final String stateFile;
    private final VmmProcess process;
    private final QmpConnection monitor;
    private final GuestLinks links;
    private final VmmLayers layers;
    private final Ticker ticker;
    private final GuestRateLimit bucket;

    /** @param stateFile where QEMU finds or leaves the state of its devices; empty for a machine that is not saved */
    QemuVm(
            VmId id,
            String stateFile,
            VmmProcess process,
            QmpConnection monitor,
            GuestLinks links,
            VmmLayers layers,
            Ticker ticker) {
        this.id = requireNonNull(id, "id is null");
        this.stateFile = requireNonNull(stateFile, "stateFile is null");
        this.process = requireNonNull(process, "process is null");
        this.monitor = requireNonNull(monitor, "monitor is null");
        this.links = requireNonNull(links, "links is null");
        this.layers = requireNonNull(layers, "layers is null");
        this.ticker = requireNonNull(ticker, "ticker is null");
        this.bucket = new GuestRateLimit(ticker);
    }

    @Override
    public VmId id() {
        return id;
    }

    @Override
    public GuestChannel connect(Deadline deadline) {
        GuestChannel channel = links.open(process.directory().resolve(QemuCommand.CHANNEL_SOCKET), bucket);
        // A call that waits for a guest must end when its machine does, not at its deadline.
        process.onExit(channel::close);
        CompletableFuture<Void> _ = monitor.guestShutdown().thenAccept(reason -> channel.close());
        return channel;
    }

    @Override
    public void save(Deadline deadline) {
        if (stateFile.isEmpty()) {
            throw new IllegalStateException("VM " + id + " was not booted as a template");
        }
        awaitHangUp(deadline);
        monitor.execute("stop", Map.of(), deadline);
        migrate("migrate", deadline);
        monitor.execute("quit", Map.of(), deadline);
        awaitEnd(deadline.remaining());
    }

    /** Loads what {@link #save} wrote and lets the processors run. */
    void restore(Deadline deadline) {
        migrate("migrate-incoming", deadline);
        run(deadline);
    }

    /** Lets the processors run, from their first instruction or from where they were saved. */
    void run(Deadline deadline) {
        monitor.execute("cont", Map.of(), deadline);
    }

    @Override
    public List<LayerState> layers() {
        List<LayerState> read =
                layers.read(process.pid(), process::confinement, process.cgroupProblem(), bucket.state());
        // Somebody else may have its process id by now.
        return process.exit().isDone() ? layers.unread("QEMU of VM " + id + " has ended") : read;
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
            return Optional.ofNullable(monitor.guestShutdown().getNow(null))
                    .map(reason -> "the guest stopped itself (" + reason + "); its console ends: " + consoleTail());
        }
        return Optional.of(process.exit()
                .handle((exit, failure) -> exit == null ? "its spawner was lost" : "QEMU " + exit.describe())
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
        try {
            JsonNode text = monitor.execute(
                    "ringbuf-read",
                    Map.of("device", QemuCommand.CONSOLE, "size", 65536, "format", "base64"),
                    Deadline.after(CONSOLE_TIMEOUT, ticker));
            return QmpMessages.consoleTail(text);
        } catch (NeuroVisorException exception) {
            // Most likely it is ending; so its last words are worth the wait.
            boolean _ = process.endsWithin(LAST_WORDS_TIMEOUT);
            return "";
        }
    }

    @Override
    public void close() {
        process.kill();
        monitor.close();
        boolean _ = process.endsWithin(END_TIMEOUT);
    }

    /**
     * A connection that is open while the machine is saved leaves its clones deaf. The agent opens the port once when it
     * is up; when it sees the hang-up it closes the port and opens it again. QEMU reports a change at once, but of several
     * within a second only the last (qapi/char.json): so whatever comes after the first opening means the hang-up.
     */
    private void awaitHangUp(Deadline deadline) {
        monitor.awaitEvent("VSERPORT_CHANGE", data -> data.path("open").asBoolean(), deadline);
        monitor.awaitEvent("VSERPORT_CHANGE", data -> true, deadline);
    }

    private void migrate(String command, Deadline deadline) {
        List<Map<String, Object>> capabilities = List.of(
                Map.of("capability", "x-ignore-shared", "state", true), Map.of("capability", "events", "state", true));
        monitor.execute("migrate-set-capabilities", Map.of("capabilities", capabilities), deadline);
        monitor.execute(command, Map.of("uri", "file:" + stateFile), deadline);
        JsonNode event = monitor.awaitEvent("MIGRATION", QemuVm::isFinal, deadline);
        String status = QmpMessages.words(event.path("data").path("status"));
        if (!status.equals("completed")) {
            throw new NeuroVisorException(Fault.VMM_FAILED, "QEMU ended " + command + " as \"" + status + "\"");
        }
    }

    private static boolean isFinal(JsonNode migration) {
        String status = migration.path("status").asText();
        return status.equals("completed") || status.equals("failed") || status.equals("cancelled");
    }

    private void awaitEnd(Duration timeout) {
        if (!process.endsWithin(timeout)) {
            throw new NeuroVisorException(Fault.VMM_FAILED, "QEMU of VM " + id + " does not end");
        }
    }
}
