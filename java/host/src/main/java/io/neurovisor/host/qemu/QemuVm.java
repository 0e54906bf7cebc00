package io.neurovisor.host.qemu;

import com.fasterxml.jackson.databind.JsonNode;
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
import io.neurovisor.host.spawner.RunningVmm;
import io.neurovisor.host.spawner.VmmExit;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A virtual machine that runs in QEMU and is controlled through its monitor. */
final class QemuVm implements Vm {
    private static final Duration CONSOLE_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration EXIT_TIMEOUT = Duration.ofSeconds(1);

    /** For a checkpoint that failed because its deadline has passed. */
    private static final Duration RESUME_TIMEOUT = Duration.ofSeconds(10);

    /** More than the table of pages of the largest machine takes. */
    private static final long PAGES_OVERHEAD_BYTES = 64 << 20;

    private final RunningVmm vmm;
    private final VmStart start;
    private final QemuCommand command;
    private final QmpConnection monitor;
    private final GuestLinks links;
    private final Ticker ticker;
    private final GuestRateLimit rateLimit;

    /** When the last channel was closed; empty if none was, or if the guest has noticed it. */
    private volatile Optional<Instant> hungUp = Optional.empty();

    QemuVm(RunningVmm vmm, VmStart start, QemuCommand command, QmpConnection monitor, GuestLinks links, Ticker ticker) {
        this.vmm = vmm;
        this.start = start;
        this.command = command;
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
        Path socket = vmm.process().directory().resolve(QemuCommand.CHANNEL_SOCKET);
        GuestChannel channel =
                links.open(socket, rateLimit, closing -> hungUp = Optional.of(closing.truncatedTo(ChronoUnit.MICROS)));
        // A call that waits for the guest ends with its machine instead of at its deadline.
        vmm.process().onExit(channel::close);
        CompletableFuture<Void> _ = monitor.guestShutdown().thenAccept(reason -> channel.close());
        return channel;
    }

    @Override
    public void save(Deadline deadline) {
        if (!(start instanceof VmStart.TemplateBoot)) {
            throw new IllegalStateException("VM " + vmm.id() + " was not booted as a template");
        }
        awaitHangUp(deadline);
        monitor.execute("stop", Map.of(), deadline);
        migrate("migrate", deadline);
        monitor.execute("quit", Map.of(), deadline);
        vmm.awaitEnd(deadline.remaining());
    }

    @Override
    public Checkpoint checkpoint(Path directory, Deadline deadline) {
        if (!(start instanceof VmStart.Restore(SavedVm saved, Optional<Checkpoint> _))) {
            throw new IllegalStateException("VM " + vmm.id() + " is not a clone of a template");
        }
        awaitHangUp(deadline);
        PrivateFiles.createDirectory(directory);
        try {
            monitor.execute("stop", Map.of(), deadline);
            monitor.execute(
                    "xen-save-devices-state", Map.of("filename", command.deviceStateFile(), "live", false), deadline);
            long maxBytes = QemuCommand.memoryBytes(saved.size()) + PAGES_OVERHEAD_BYTES;
            vmm.process().saveMemory(saved, QemuCommand.memoryFile(saved), directory, maxBytes, deadline);
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
            run(Deadline.after(RESUME_TIMEOUT, ticker));
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
        run(deadline);
    }

    /** Loads the state that {@link #save} or {@link #checkpoint} wrote and starts the processors. */
    void restore(VmStart.Restore restore, Deadline deadline) {
        // Before the state of the devices: QEMU compares their queues with the memory.
        restore.checkpoint()
                .ifPresent(checkpoint -> vmm.process()
                        .loadMemory(QemuCommand.memoryFile(restore.saved()), checkpoint.directory(), deadline));
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
    public boolean isLost() {
        return vmm.isLost();
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
     * Waits until the guest agent has noticed that the last channel was closed: a machine that was saved with an open connection
     * receives nothing when it is restored. The agent closes and reopens its port then. QEMU reports a change immediately, but
     * only the last of several within a second (qapi/char.json), with the time of that change. The guest had opened its port
     * before it used the channel, so any change after the channel was closed means the hang-up.
     */
    private void awaitHangUp(Deadline deadline) {
        if (hungUp.isPresent()) {
            Instant time = hungUp.get();
            monitor.awaitEvent(
                    "VSERPORT_CHANGE", event -> !QmpMessages.time(event).isBefore(time), deadline);
            // Noticed once, also for a second checkpoint before the next connection.
            hungUp = Optional.empty();
        }
    }

    private void migrate(String action, Deadline deadline) {
        List<Map<String, Object>> capabilities = List.of(
                Map.of("capability", "x-ignore-shared", "state", true), Map.of("capability", "events", "state", true));
        monitor.execute("migrate-set-capabilities", Map.of("capabilities", capabilities), deadline);
        monitor.execute(action, Map.of("uri", "file:" + command.stateFile()), deadline);
        JsonNode event = monitor.awaitEvent("MIGRATION", QemuVm::isFinal, deadline);
        String status = QmpMessages.sanitized(event.path("data").path("status"));
        if (!status.equals("completed")) {
            throw new NeuroVisorException(Fault.VMM_FAILED, "QEMU ended " + action + " as \"" + status + "\"");
        }
    }

    private static boolean isFinal(JsonNode migration) {
        String status = migration.path("data").path("status").asText();
        return status.equals("completed") || status.equals("failed") || status.equals("cancelled");
    }
}
