package io.neurovisor.tests.hostile.guest;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.Checkpoint;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmUsage;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.host.guestlink.wire.GuestRateLimit;
import io.neurovisor.host.probe.EbpfReading;
import io.neurovisor.host.probe.VmmLayers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** A machine that consists of a socket with a scripted guest. */
public final class SocketVm implements Vm {
    private final VmId id;
    private final Path socket;
    private final GuestLinks links;
    private final Runnable end;
    private final AtomicBoolean ended = new AtomicBoolean();

    public SocketVm(VmId id, Path socket, GuestLinks links, Runnable end) {
        this.id = requireNonNull(id, "id is null");
        this.socket = requireNonNull(socket, "socket is null");
        this.links = requireNonNull(links, "links is null");
        this.end = requireNonNull(end, "end is null");
    }

    @Override
    public VmId id() {
        return id;
    }

    @Override
    public GuestChannel connect(Deadline deadline) {
        return links.open(socket, new GuestRateLimit(Ticker.SYSTEM));
    }

    @Override
    public void save(Deadline deadline) {
        throw new AssertionError("must not be saved");
    }

    @Override
    public Checkpoint checkpoint(Path directory, Deadline deadline) {
        throw new AssertionError("must not be saved");
    }

    @Override
    public void resume(Deadline deadline) {
        throw new AssertionError("has not been stopped");
    }

    @Override
    public List<LayerState> layers() {
        return VmmLayers.unread("there is no VMM", new EbpfReading("there is no VMM", ""));
    }

    @Override
    public Optional<VmUsage> usage() {
        return Optional.empty();
    }

    @Override
    public long residentBytes() {
        return 0;
    }

    @Override
    public Duration processorTime() {
        return Duration.ZERO;
    }

    @Override
    public Optional<String> death() {
        return Optional.empty();
    }

    @Override
    public boolean ranOutOfMemory() {
        return false;
    }

    @Override
    public boolean isLost() {
        return false;
    }

    @Override
    public String consoleTail() {
        return "";
    }

    @Override
    public void kill() {
        if (ended.compareAndSet(false, true)) {
            end.run();
        }
    }

    @Override
    public void close() {
        kill();
    }
}
