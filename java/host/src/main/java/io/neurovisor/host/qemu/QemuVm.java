package io.neurovisor.host.qemu;

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
import io.neurovisor.host.spawner.RunningVmm;
import io.neurovisor.host.spawner.VmmExit;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A virtual machine that runs in QEMU and is controlled through its monitor. */
final class QemuVm implements Vm {
    private static final Duration CONSOLE_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration EXIT_TIMEOUT = Duration.ofSeconds(1);

    private final RunningVmm vmm;
    private final String stateFile;
    private final QmpConnection monitor;
    private final GuestLinks links;
    private final Ticker ticker;
    private final GuestRateLimit rateLimit;

    /** @param stateFile the file from which QEMU loads, or to which it saves, its device state; empty if the VM is not saved */
    QemuVm(RunningVmm vmm, String stateFile, QmpConnection monitor, GuestLinks links, Ticker ticker) {
        this.vmm = vmm;
        this.stateFile = stateFile;
        this.monitor = monitor;
        this.links = links;
        this.ticker = ticker;
        this.rateLimit = new GuestRateLimit(ticker);
    }

    /** Describes how QEMU ended. */
    static String describe(VmmExit exit) {
        return "QEMU " + exit.describe();
    }

    @Override
    public VmId id() {
        return vmm.id();
    }

    @Override
    public GuestChannel connect(Deadline deadline) {
        GuestChannel channel = links.open(vmm.process().directory().resolve(QemuCommand.CHANNEL_SOCKET), rateLimit);
        // A call that waits for the guest ends with its machine instead of at its deadline.
        vmm.process().onExit(channel::close);
        CompletableFuture<Void> _ = monitor.guestShutdown().thenAccept(reason -> channel.close());
        return channel;
    }

    @Override
    public void save(Deadline deadline) {
        if (stateFile.isEmpty()) {
            throw new IllegalStateException("VM " + vmm.id() + " was not booted as a template");
        }
        awaitHangUp(deadline);
        monitor.execute("stop", Map.of(), deadline);
        migrate("migrate", deadline);
        monitor.execute("quit", Map.of(), deadline);
        vmm.awaitEnd(deadline.remaining());
    }

    /** Loads the state that {@link #save} wrote and starts the processors. */
    void restore(Deadline deadline) {
        migrate("migrate-incoming", deadline);
        run(deadline);
    }

    /** Starts the processors, from the first instruction or from the saved state. */
    void run(Deadline deadline) {
        monitor.execute("cont", Map.of(), deadline);
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
        return vmm.death()
                .or(() -> Optional.ofNullable(monitor.guestShutdown().getNow(null))
                        .map(reason ->
                                "the guest stopped itself (" + reason + "); its console ends: " + consoleTail()));
    }

    @Override
    public boolean ranOutOfMemory() {
        return vmm.ranOutOfMemory();
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
            // QEMU is most likely ending: death() can then report how.
            boolean _ = vmm.process().endsWithin(EXIT_TIMEOUT);
            return "";
        }
    }

    @Override
    public void kill() {
        vmm.kill();
    }

    @Override
    public void close() {
        vmm.process().kill();
        monitor.close();
        vmm.awaitGone();
    }

    /**
     * Waits until the guest agent has noticed the hang-up: clones of a machine that is saved with an open connection receive
     * nothing. The agent opens the port once when it is up, and closes and reopens it on a hang-up. QEMU reports a change
     * immediately, but only the last of several within a second (qapi/char.json), so any event after the first opening means
     * the hang-up.
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
        String status = QmpMessages.sanitized(event.path("data").path("status"));
        if (!status.equals("completed")) {
            throw new NeuroVisorException(Fault.VMM_FAILED, "QEMU ended " + command + " as \"" + status + "\"");
        }
    }

    private static boolean isFinal(JsonNode migration) {
        String status = migration.path("status").asText();
        return status.equals("completed") || status.equals("failed") || status.equals("cancelled");
    }
}
