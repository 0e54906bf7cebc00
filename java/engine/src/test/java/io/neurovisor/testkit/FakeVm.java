package io.neurovisor.testkit;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.vm.Checkpoint;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.VmUsage;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** A machine of {@link FakeVmm}. */
final class FakeVm implements Vm {
    static final String STATE = "state";
    static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    private final VmId id;
    private final VmStart start;
    private final FakeGuest guest;
    private final Map<VmId, FakeVm> living;
    private final Map<String, FakeGuest.Memory> checkpoints;
    private final Supplier<Optional<String>> checkpointFailure;
    private final Function<Layer, LayerState> layers;
    private final LongSupplier residentBytes;
    private final LongSupplier changedBytes;
    private final Duration processorTime;
    private final CompletableFuture<Void> mayEnd;
    private final boolean confirmsKill;
    private final CompletableFuture<Void> gone = new CompletableFuture<>();
    private volatile boolean connected;

    /**
     * @param mayEnd its VMM ends no sooner than this is complete
     * @param confirmsKill whether a kill is confirmed before the end
     */
    FakeVm(
            VmId id,
            VmStart start,
            FakeGuest guest,
            Map<VmId, FakeVm> living,
            Map<String, FakeGuest.Memory> checkpoints,
            Supplier<Optional<String>> checkpointFailure,
            Function<Layer, LayerState> layers,
            LongSupplier residentBytes,
            LongSupplier changedBytes,
            Duration processorTime,
            CompletableFuture<Void> mayEnd,
            boolean confirmsKill) {
        this.id = id;
        this.start = start;
        this.guest = guest;
        this.living = living;
        this.checkpoints = checkpoints;
        this.checkpointFailure = checkpointFailure;
        this.layers = layers;
        this.residentBytes = residentBytes;
        this.changedBytes = changedBytes;
        this.processorTime = processorTime;
        this.mayEnd = mayEnd;
        this.confirmsKill = confirmsKill;
    }

    @Override
    public VmId id() {
        return id;
    }

    @Override
    public GuestChannel connect(Deadline deadline) {
        guest.open();
        connected = true;
        return guest;
    }

    @Override
    public void save(Deadline deadline) {
        if (!(start instanceof VmStart.TemplateBoot template)) {
            throw new IllegalStateException("VM " + id + " was not booted as a template");
        }
        if (!guest.isClosed()) {
            throw new IllegalStateException("the channel of VM " + id + " is open");
        }
        try {
            Files.writeString(template.directory().resolve(STATE), "saved");
        } catch (IOException exception) {
            throw new NeuroVisorException(Fault.VMM_FAILED, "state cannot be written", exception);
        }
        end();
    }

    @Override
    public Checkpoint checkpoint(Path directory, Deadline deadline) {
        if (!(start instanceof VmStart.Restore)) {
            throw new IllegalStateException("VM " + id + " is not a clone of a template");
        }
        if (connected && !guest.isClosed()) {
            throw new IllegalStateException("the channel of VM " + id + " is open");
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new NeuroVisorException(Fault.INTERRUPTED, "a checkpoint was interrupted");
        }
        guest.death().or(checkpointFailure).ifPresent(reason -> {
            throw new NeuroVisorException(Fault.VMM_FAILED, "VM " + id + " was not saved: " + reason);
        });
        String key = id + " " + checkpoints.size();
        try {
            // In a file, because a checkpoint is found after its directory was renamed.
            Path created = Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
            Files.writeString(created.resolve(STATE), key);
            try (RandomAccessFile pages =
                    new RandomAccessFile(created.resolve("pages").toFile(), "rw")) {
                pages.setLength(changedBytes.getAsLong());
            }
        } catch (IOException exception) {
            throw new NeuroVisorException(Fault.STORAGE_FAILED, directory + " cannot be created", exception);
        }
        requireNoLink(directory);
        checkpoints.put(key, guest.memory());
        return new Checkpoint(directory);
    }

    private static void requireNoLink(Path directory) {
        try {
            if (!directory.toRealPath().equals(directory.toAbsolutePath())) {
                Files.delete(directory.resolve(STATE));
                Files.delete(directory.resolve("pages"));
                Files.delete(directory);
                throw new NeuroVisorException(Fault.VMM_FAILED, "a part of " + directory + " is a link");
            }
        } catch (IOException exception) {
            throw new NeuroVisorException(Fault.STORAGE_FAILED, directory + " cannot be read", exception);
        }
    }

    @Override
    public void resume(Deadline deadline) {
        // Without processors there is nothing to start.
    }

    CompletableFuture<Void> gone() {
        return gone.copy();
    }

    private void end() {
        living.remove(id);
        guest.powerOff();
        gone.complete(null);
    }

    @Override
    public List<LayerState> layers() {
        return Arrays.stream(Layer.values()).map(layers).toList();
    }

    @Override
    public Optional<VmUsage> usage() {
        return Optional.of(new VmUsage(64 << 20, 3));
    }

    @Override
    public long residentBytes() {
        return residentBytes.getAsLong();
    }

    @Override
    public Duration processorTime() {
        return processorTime;
    }

    @Override
    public Optional<String> death() {
        return guest.death();
    }

    @Override
    public boolean ranOutOfMemory() {
        return guest.ranOutOfMemory();
    }

    @Override
    public boolean isLost() {
        return guest.isLost();
    }

    @Override
    public String consoleTail() {
        return "fake console";
    }

    @Override
    public void kill() {
        CompletableFuture<Void> ended = mayEnd.thenRun(this::end);
        if (!confirmsKill) {
            ended.join();
        }
    }

    @Override
    public void close() {
        CompletableFuture<Void> _ = mayEnd.thenRun(this::end);
    }
}
