package io.neurovisor.tests.hostile.guest;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.host.guestlink.GuestLinks;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** A VMM whose machines share a socket with a scripted guest. */
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
    public long memoryLimitBytes(SandboxSize size, boolean cloned) {
        return 0;
    }

    /** Closing a machine waits for its end. */
    @Override
    public CompletableFuture<Void> gone(VmId id) {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public Vm start(VmId id, VmStart start, Deadline deadline) {
        living.incrementAndGet();
        return new SocketVm(id, socket, links, living::decrementAndGet);
    }
}
