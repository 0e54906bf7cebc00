package io.neurovisor.testkit;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.vm.Checkpoint;
import io.neurovisor.engine.vm.Flattening;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import io.neurovisor.engine.vm.VmmIdentity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** A VMM without processes whose guests are {@link FakeGuest}s. */
public final class FakeVmm implements Vmm, Flattening {
    private final Function<VmId, FakeGuest> guests;
    private final ConcurrentHashMap<VmId, FakeVm> living = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, FakeGuest.Memory> checkpoints = new ConcurrentHashMap<>();
    private final List<VmStart> starts = new ArrayList<>();
    private volatile long residentBytes;
    private volatile long changedBytes;
    private volatile Duration processorTime = Duration.ZERO;
    private volatile Optional<String> startFailure = Optional.empty();
    private volatile Optional<String> checkpointFailure = Optional.empty();
    private volatile CompletableFuture<Void> mayEnd = CompletableFuture.completedFuture(null);
    private volatile Optional<String> flatteningFailure = Optional.empty();
    private volatile boolean confirmsKills = true;

    private volatile Function<Layer, LayerState> layers =
            layer -> LayerState.off(layer, "a fake machine has no layers", "");

    public FakeVmm(Function<VmId, FakeGuest> guests) {
        this.guests = guests;
    }

    @Override
    public VmmIdentity identity() {
        return new VmmIdentity("fake", "1", "none", "none", "none");
    }

    @Override
    public long memoryLimitBytes(SandboxSize size, boolean cloned) {
        return (long) size.memoryMebibytes() << 20;
    }

    @Override
    public Vm start(VmId id, VmStart start, Deadline deadline) {
        startFailure.ifPresent(reason -> {
            throw new NeuroVisorException(Fault.VMM_FAILED, "virtual machine " + id + " did not start: " + reason);
        });
        if (start instanceof VmStart.Restore restore
                && !Files.exists(restore.saved().directory().resolve(FakeVm.STATE))) {
            throw new NeuroVisorException(
                    Fault.VMM_FAILED,
                    "virtual machine " + id + " did not start: nothing is saved in "
                            + restore.saved().directory());
        }
        synchronized (starts) {
            starts.add(start);
        }
        FakeGuest guest = guests.apply(id);
        if (start instanceof VmStart.Restore(SavedVm _, Optional<Checkpoint> checkpoint)) {
            checkpoint.ifPresent(saved -> guest.continueFrom(found(saved)));
        }
        FakeVm vm = new FakeVm(
                id,
                start,
                guest,
                living,
                checkpoints,
                () -> checkpointFailure,
                layers,
                () -> residentBytes,
                () -> changedBytes,
                processorTime,
                mayEnd,
                confirmsKills);
        living.put(id, vm);
        return vm;
    }

    @Override
    public void flatten(VmStart.Restore start, Path directory, Progress progress) {
        flatteningFailure.ifPresent(reason -> {
            throw new NeuroVisorException(Fault.STORAGE_FAILED, "the memory was not copied: " + reason);
        });
        try {
            Path _ = Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(FakeVm.OWNER_ONLY));
            Path saved = start.checkpoint().orElseThrow().directory();
            Path _ = Files.copy(saved.resolve(FakeVm.STATE), directory.resolve(FakeVm.STATE));
            progress.copied(1, 1);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private FakeGuest.Memory found(Checkpoint checkpoint) {
        try {
            if (!Files.getPosixFilePermissions(checkpoint.directory()).equals(FakeVm.OWNER_ONLY)) {
                throw new NeuroVisorException(
                        Fault.VMM_FAILED, checkpoint.directory() + " must be open to its owner only");
            }
            return requireNonNull(
                    checkpoints.get(Files.readString(checkpoint.directory().resolve(FakeVm.STATE))));
        } catch (IOException exception) {
            throw new NeuroVisorException(Fault.VMM_FAILED, "no checkpoint is in " + checkpoint.directory(), exception);
        }
    }

    @Override
    public CompletableFuture<Void> gone(VmId id) {
        FakeVm vm = living.get(id);
        return vm == null ? CompletableFuture.completedFuture(null) : vm.gone();
    }

    /** Makes closed machines that start from now on end no sooner than the event. */
    public void endNoSoonerThan(CompletableFuture<Void> event) {
        mayEnd = event;
    }

    /** Makes kills of machines that start from now on wait for their ends, as if the kernel had not accepted the signals. */
    public void confirmNoKill() {
        confirmsKills = false;
    }

    /** Makes all starts fail with a reason; an empty reason lets them succeed again. */
    public void failStarts(String reason) {
        startFailure = Optional.of(reason).filter(text -> !text.isEmpty());
    }

    /** Makes all checkpoints fail with a reason. */
    public void failCheckpoints(String reason) {
        checkpointFailure = Optional.of(reason);
    }

    /** Sets the states of the layers of machines that start from now on. */
    public FakeVmm reading(Function<Layer, LayerState> states) {
        layers = states;
        return this;
    }

    /** Sets the memory that each machine uses from now on. */
    public void hold(long bytes) {
        residentBytes = bytes;
    }

    /** Sets the size of the pages that checkpoints have from now on. */
    public void change(long bytes) {
        changedBytes = bytes;
    }

    /** Makes all copies of memory fail with a reason. */
    public void failFlattening(String reason) {
        flatteningFailure = Optional.of(reason);
    }

    /** Sets the processor time that machines which start from now on have used. */
    public void use(Duration time) {
        processorTime = time;
    }

    public int livingCount() {
        return living.size();
    }

    public List<VmStart> starts() {
        synchronized (starts) {
            return List.copyOf(starts);
        }
    }
}
