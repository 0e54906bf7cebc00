package io.neurovisor.engine.machine;

import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.guest.GuestIdentity;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.pool.Machines;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.TestFiles;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** Starts machines without additional threads, which a model checker could not control. */
public final class PlainMachines implements Machines {
    private static final Ticker STANDING = () -> 0;
    private static final GuestIdentity IDENTITY = new GuestIdentity("0".repeat(128), Optional.empty());

    private final Optional<SavedVm> template;
    private final FakeVmm vmm = new FakeVmm(_ -> new FakeGuest());
    private final AtomicInteger made = new AtomicInteger();

    /** Machines that are booted. */
    public PlainMachines() {
        template = Optional.empty();
    }

    /** Machines that are clones, so that they can be saved. */
    public PlainMachines(SavedVm template) {
        this.template = Optional.of(template);
    }

    @Override
    public VmId newId() {
        return new VmId("vm-" + made.incrementAndGet());
    }

    @Override
    public void make(MachineKind kind) {}

    @Override
    public CompletableFuture<Void> gone(VmId id) {
        return vmm.gone(id);
    }

    @Override
    public Machine open(VmId id, MachineKind kind) {
        VmStart start = kind.saved()
                .<VmStart>map(saved -> saved)
                .or(() -> template.map(saved -> new VmStart.Restore(saved, Optional.empty())))
                .orElseGet(() -> start(kind.size()));
        Deadline deadline = Deadline.after(Duration.ZERO, STANDING);
        Vm vm = vmm.start(id, start, deadline);
        GuestChannel channel = vm.connect(deadline);
        channel.refresh(IDENTITY, deadline);
        if (kind.isSaved()) {
            channel.thaw(deadline);
        }
        MachineChannel replaceable = new MachineChannel(vm, channel, () -> IDENTITY, new MachineSteps(STANDING));
        return new Machine(
                start, vm, replaceable, kind.isSaved(), CompletableFuture.completedFuture(List.of()), STANDING, 0);
    }

    public static VmStart.ColdBoot start(SandboxSize size) {
        return new VmStart.ColdBoot(TestFiles.bootFiles(), size);
    }

    public int livingCount() {
        return vmm.livingCount();
    }
}
