package io.neurovisor.tests.hostile.guest;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.host.guestlink.GuestLinks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/** A VMM whose machines consist of an attack behind a separate socket. */
final class ForgedVmm implements Vmm {
    private final Attack attack;
    private final Path directory;
    private final GuestLinks links;
    private final Traffic traffic;

    ForgedVmm(Attack attack, Path directory, GuestLinks links, Traffic traffic) {
        this.attack = requireNonNull(attack, "attack is null");
        this.directory = requireNonNull(directory, "directory is null");
        this.links = requireNonNull(links, "links is null");
        this.traffic = requireNonNull(traffic, "traffic is null");
    }

    @Override
    public VmmIdentity identity() {
        return new VmmIdentity("forged", "1", "none", "none", "none");
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
        try {
            ForgedGuest guest = ForgedGuest.start(directory.resolve(id.value()), attack, traffic);
            return new SocketVm(id, guest.socket(), links, () -> close(guest));
        } catch (IOException exception) {
            throw new NeuroVisorException(Fault.VMM_FAILED, "no socket for " + id, exception);
        }
    }

    private static void close(ForgedGuest guest) {
        try {
            guest.close();
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}
