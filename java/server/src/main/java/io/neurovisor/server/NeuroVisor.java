package io.neurovisor.server;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.vm.Flattening;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.host.ebpf.PolicyTrial;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.host.kvm.Accelerator;
import io.neurovisor.host.spawner.EbpfCounts;
import io.neurovisor.host.spawner.Spawner;
import io.neurovisor.host.spawner.SpawnerFlattening;
import io.neurovisor.host.store.ArtifactUse;
import io.neurovisor.host.store.Supervisor;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A running NeuroVisor. Opening one starts the spawner and builds a missing image, kernel or template; closing it ends every
 * virtual machine.
 */
public final class NeuroVisor implements AutoCloseable {
    private final String image;
    private final ArtifactUse use;
    private final Spawner spawner;
    private final Supervisor supervisor;
    private final GuestLinks links;
    private final WarmPool pool;
    private final Executions executions;
    private final ImageStarts starts;
    private final VmmSelection.Selected selected;

    NeuroVisor(
            String image,
            ArtifactUse use,
            Spawner spawner,
            Supervisor supervisor,
            GuestLinks links,
            WarmPool pool,
            Executions executions,
            ImageStarts starts,
            VmmSelection.Selected selected) {
        this.image = image;
        this.use = use;
        this.selected = selected;
        this.spawner = spawner;
        this.supervisor = supervisor;
        this.links = links;
        this.pool = pool;
        this.executions = executions;
        this.starts = starts;
    }

    public static NeuroVisor open(Settings settings, Progress progress) {
        return open(settings, progress, Listeners.NONE);
    }

    public static NeuroVisor open(Settings settings, Progress progress, Listeners listeners) {
        return NeuroVisorWiring.open(settings, true, progress, listeners);
    }

    /** Opens a NeuroVisor for a server. A request for a missing image fails instead of waiting until the image is built. */
    public static NeuroVisor openServing(Settings settings, Progress progress, Listeners listeners) {
        return NeuroVisorWiring.open(settings, false, progress, listeners);
    }

    /** Returns the pool, for callers that need a machine before they have a program. */
    public WarmPool pool() {
        return pool;
    }

    public Executions executions() {
        return executions;
    }

    /** Builds the missing template of the default image and returns the kind for a machine of it. */
    public MachineKind prepare(SandboxSize size) {
        return starts.prepare(new MachineKind(image, size));
    }

    /** Returns the kind if its image is built; builds a missing one if this instance builds images. */
    public MachineKind available(MachineKind kind) {
        return starts.withImage(kind);
    }

    /** Returns the files from which machines of the kind start; builds missing ones. */
    public VmStart start(MachineKind kind) {
        return starts.start(kind);
    }

    /** Returns the step of the template that is being made; empty if none is. */
    public Optional<String> making() {
        return starts.making();
    }

    /** Builds the missing image and template of the request's machine. */
    public void prepare(ExecutionRequest request) {
        MachineKind _ = starts.prepare(new MachineKind(request.imageOr(image), request.size()));
    }

    /** Returns the supervisor for files that must not outlive this process. */
    public Supervisor supervisor() {
        return supervisor;
    }

    /** Returns what executes the guests' instructions, with the reason if that is not the hardware. */
    public Accelerator accelerator() {
        return selected.accelerator();
    }

    public VmmIdentity vmm() {
        return selected.vmm().identity();
    }

    public EbpfCounts ebpf() {
        return spawner.ebpf();
    }

    /** Returns what makes templates of snapshots. */
    public Flattening flattening() {
        return new SpawnerFlattening(spawner);
    }

    /** Completes with the reason if the spawner ends before this is closed. No machine can be started after that. */
    public CompletableFuture<NeuroVisorException> spawnerLost() {
        return spawner.lost();
    }

    /** Reports, in lines, what a shell in place of a VMM may do with layer 5 alone ({@link PolicyTrial}). */
    public List<String> tryPolicy() {
        return PolicyTrial.run(spawner);
    }

    /**
     * Restricts the spawner to the programs of the selected VMM. The restriction is permanent, even for a compromised
     * JVM.
     */
    public void restrictSpawner() {
        spawner.restrict(selected.programs());
    }

    public boolean watchesVmms() {
        return selected.ebpf().reading().isInForce();
    }

    public String vmmReason() {
        return selected.reason();
    }

    @Override
    public void close() {
        pool.close();
        spawner.close();
        links.close();
        use.close();
    }
}
