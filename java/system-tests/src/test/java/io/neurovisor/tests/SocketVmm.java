package io.neurovisor.tests;

import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.VmUsage;
import io.neurovisor.engine.vm.Vmm;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.host.guestlink.GuestBucket;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.host.probe.EbpfReading;
import io.neurovisor.host.probe.VmmLayers;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** Machines that consist of a socket with somebody behind it. */
final class SocketVmm implements Vmm {
    private final Path socket;
    private final GuestLinks links;
    private final AtomicInteger living = new AtomicInteger();

    SocketVmm(Path socket, GuestLinks links) {
        this.socket = socket;
        this.links = links;
    }

    int livingCount() {
        return living.get();
    }

    @Override
    public VmmIdentity identity() {
        return new VmmIdentity("socket", "1", "none", "none", "none");
    }

    @Override
    public Vm start(VmId id, VmStart start, Deadline deadline) {
        living.incrementAndGet();
        return new SocketVm(id);
    }

    private final class SocketVm implements Vm {
        private final VmId id;

        SocketVm(VmId id) {
            this.id = id;
        }

        @Override
        public VmId id() {
            return id;
        }

        @Override
        public GuestChannel connect(Deadline deadline) {
            return links.open(socket, new GuestBucket(Ticker.SYSTEM));
        }

        @Override
        public void save(Deadline deadline) {
            throw new AssertionError("nobody saves these");
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
        public Optional<String> death() {
            return Optional.empty();
        }

        @Override
        public boolean ranOutOfMemory() {
            return false;
        }

        @Override
        public String consoleTail() {
            return "";
        }

        @Override
        public void close() {
            living.decrementAndGet();
        }
    }
}
