package io.neurovisor.server;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.pool.MachineMemory;
import io.neurovisor.engine.pool.PoolPlan;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.SandboxFactory;
import io.neurovisor.engine.sandbox.SandboxListener;
import io.neurovisor.engine.template.Templates;
import io.neurovisor.engine.text.UntrustedText;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.BlockedAttempt;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.host.ebpf.PolicyTrial;
import io.neurovisor.host.files.FileDigests;
import io.neurovisor.host.guestkernel.Kernels;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.host.image.Images;
import io.neurovisor.host.kvm.Accelerator;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.HostMemory;
import io.neurovisor.host.probe.JvmMemory;
import io.neurovisor.host.spawner.EbpfCounts;
import io.neurovisor.host.spawner.Spawner;
import io.neurovisor.host.spawner.SpawnerSupervisor;
import io.neurovisor.host.store.ArtifactUse;
import io.neurovisor.host.store.DataDirectory;
import io.neurovisor.host.store.Supervisor;
import io.neurovisor.host.store.UseRegistry;
import io.neurovisor.host.template.FileTemplateStore;
import io.neurovisor.server.config.Config;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running NeuroVisor. Opening it builds what is missing (image, kernel, template) and starts the spawner; closing it
 * ends every virtual machine.
 */
public final class NeuroVisor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NeuroVisor.class);

    /** Less than a request waits by default, so that it is told what kept its machine. */
    private static final Duration START_LIMIT = Duration.ofSeconds(27);

    /** A start waits for little but its processor; fifty at once on two of them have all missed their limit. */
    private static final int STARTS_PER_PROCESSOR = 2;

    /** What most models write; the whole path that a program takes in the guest is warm after it. */
    private static final Program PRIMER = new Program(Language.PYTHON, "print(6 * 7)");

    private final String image;
    private final ArtifactUse use;
    private final Spawner spawner;
    private final Supervisor supervisor;
    private final GuestLinks links;
    private final WarmPool pool;
    private final Executions executions;
    private final ImageStarts starts;
    private final VmmSelection.Selected selected;

    private NeuroVisor(
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

    /** The same, with somebody who hears of what it does. */
    public static NeuroVisor open(Settings settings, Progress progress, Listeners listeners) {
        return open(settings, true, progress, listeners);
    }

    /** For a server: an image that a request asks for is not built while the client waits, but named to it as missing. */
    public static NeuroVisor openServing(Settings settings, Progress progress, Listeners listeners) {
        return open(settings, false, progress, listeners);
    }

    private static NeuroVisor open(Settings settings, boolean building, Progress progress, Listeners listeners) {
        Path dataDirectory = new DataDirectory(settings.dataDir()).claim().path();
        Path runtimeDirectory = RuntimeDirectory.choose();
        // Before everything else, for it removes whatever this process makes.
        Spawner spawner = Spawner.start(settings.spawnerProgram(), runtimeDirectory);
        GuestLinks links = new GuestLinks(InstantSource.system());
        boolean opened = false;
        try {
            spawner.onBlocked((id, attempt) -> blocked(new VmId(id), attempt, listeners.sandboxes()));
            SpawnerSupervisor supervisor = new SpawnerSupervisor(settings.spawner(), spawner);
            ArtifactUse use = new UseRegistry(dataDirectory).enter(runtimeDirectory, supervisor);
            NeuroVisor neuroVisor = wire(settings, building, use, spawner, supervisor, links, progress, listeners);
            opened = true;
            return neuroVisor;
        } finally {
            if (!opened) {
                // With what it holds, such as the registration.
                spawner.close();
                links.close();
            }
        }
    }

    private static void blocked(VmId id, BlockedAttempt attempt, SandboxListener listener) {
        LOG.warn(
                "the VMM of machine {} has {} {} {}",
                id,
                attempt.allowed() ? "tried" : "been refused",
                attempt.hook(),
                UntrustedText.line(attempt.subject()));
        listener.blocked(id, attempt);
    }

    /** For commands that build and start no machine. */
    public static SpawnerSupervisor supervisor(Settings settings) {
        return new SpawnerSupervisor(
                settings.spawner(), Spawner.start(settings.spawnerProgram(), RuntimeDirectory.choose()));
    }

    private static NeuroVisor wire(
            Settings settings,
            boolean building,
            ArtifactUse use,
            Spawner spawner,
            Supervisor supervisor,
            GuestLinks links,
            Progress progress,
            Listeners listeners) {
        SecureRandom random = new SecureRandom();
        Images images = images(settings, supervisor);
        BootFiles usual = use.hold(() -> images.boot(settings.config().image(), progress), ImageStarts::directories);
        VmmSelection.Selected selected = new VmmSelection(settings, spawner, links).select(usual);
        Vmm vmm = selected.vmm();
        LOG.debug("{} ({}) boots image {} ({})", vmm.identity(), selected.reason(), usual.image(), usual.kernel());
        Templates templates = new Templates(
                templates(settings, supervisor),
                vmm,
                random,
                Ticker.SYSTEM,
                settings.config().strict());
        ImageStarts starts = new ImageStarts(
                images, usual, templates, use, vmm.identity(), settings.config().snapshot(), building, progress);
        SandboxFactory factory = new SandboxFactory(
                vmm,
                random,
                Ticker.SYSTEM,
                listeners.sandboxes(),
                settings.config().strict());
        WarmPool pool = new WarmPool(
                plan(settings.config(), usual, vmm),
                new ImageSandboxes(factory, starts, START_LIMIT),
                NeuroVisor::prime,
                Ticker.SYSTEM,
                listeners.sandboxes());
        Function<ExecutionRequest, MachineKind> orders =
                request -> starts.withImage(new MachineKind(request.imageOr(usual.image()), request.size()));
        return new NeuroVisor(
                usual.image(),
                use,
                spawner,
                supervisor,
                links,
                pool,
                new Executions(orders, pool, Ticker.SYSTEM, listeners.executions()),
                starts,
                selected);
    }

    private static PoolPlan plan(Config config, BootFiles usual, Vmm vmm) {
        MachineKind kind = new MachineKind(usual.image(), config.size());
        int processors = Runtime.getRuntime().availableProcessors();
        // A template that has to be made first takes somewhat more than its clones, once: that is the reserve's.
        MachineMemory memory = new MachineMemory(
                HostMemory.of(HostFiles.SYSTEM, JvmMemory.ofThisProcess(HostFiles.SYSTEM))::availableBytes,
                size -> vmm.memoryLimitBytes(size, config.snapshot()));
        return new PoolPlan(
                kind,
                config.warm(),
                config.max(),
                STARTS_PER_PROCESSOR * processors,
                processors,
                config.acquireTimeout(),
                memory);
    }

    private static void prime(Sandbox sandbox) {
        sandbox.prime(PRIMER, Deadline.after(START_LIMIT, Ticker.SYSTEM));
    }

    /** The root images of a data directory, to look at. */
    public static Images images(Settings settings) {
        return images(settings, Supervisor.unattended());
    }

    /** The root images of a data directory, to be built in a supervisor. */
    public static Images images(Settings settings, Supervisor supervisor) {
        return new Images(
                settings.home(),
                settings.guestAgent(),
                settings.dataDir(),
                kernels(settings, supervisor),
                digests(settings),
                InstantSource.system(),
                supervisor,
                settings::buildNamespace);
    }

    /** The guest kernels of a data directory, to look at. */
    public static Kernels kernels(Settings settings) {
        return kernels(settings, Supervisor.unattended());
    }

    /** The guest kernels of a data directory, to be built in a supervisor. */
    public static Kernels kernels(Settings settings, Supervisor supervisor) {
        return new Kernels(
                settings.home(),
                settings.dataDir(),
                settings.config().kernel(),
                digests(settings),
                InstantSource.system(),
                supervisor,
                settings::buildNamespace);
    }

    /** The templates of a data directory, to look at. */
    public static FileTemplateStore templates(Settings settings) {
        return templates(settings, Supervisor.unattended());
    }

    private static FileTemplateStore templates(Settings settings, Supervisor supervisor) {
        return new FileTemplateStore(settings.templates(), digests(settings), InstantSource.system(), supervisor);
    }

    private static FileDigests digests(Settings settings) {
        return new FileDigests(settings.digests(), InstantSource.system());
    }

    /** Leases sandboxes, for those who want one before they have a program. */
    public WarmPool pool() {
        return pool;
    }

    public Executions executions() {
        return executions;
    }

    /** Makes what sandboxes of the usual image start from, if it is not there, and says how to ask the pool for one. */
    public MachineKind prepare(SandboxSize size) {
        return starts.prepare(new MachineKind(image, size));
    }

    /** What machines of such an order start from, made if it is not there. */
    public VmStart start(MachineKind kind) {
        return starts.start(kind);
    }

    /** Makes what the request's sandbox starts from, if it is not there. */
    public void prepare(ExecutionRequest request) {
        MachineKind _ = starts.prepare(new MachineKind(request.imageOr(image), request.size()));
    }

    /** Where this process makes what must not outlive it. */
    public Supervisor supervisor() {
        return supervisor;
    }

    /** What runs the guests' instructions, with the reason where it is not the hardware. */
    public Accelerator accelerator() {
        return selected.accelerator();
    }

    /** Which VMM runs the guests. */
    public VmmIdentity vmm() {
        return selected.vmm().identity();
    }

    /** How the programs stand by which the kernel watches VMMs, and what they have counted. */
    public EbpfCounts ebpf() {
        return spawner.ebpf();
    }

    /** Completes with the reason when the spawner ends before this is closed; no machine can be started from then on. */
    public CompletableFuture<NeuroVisorException> spawnerLost() {
        return spawner.lost();
    }

    /** What a shell in the place of a VMM may do behind layer 5 alone, in lines ({@link PolicyTrial}). */
    public List<String> tryPolicy() {
        return PolicyTrial.run(spawner);
    }

    /** Its spawner starts its VMM from now on, and nothing else, whatever becomes of this process. */
    public void restrictSpawner() {
        spawner.restrict(selected.programs());
    }

    /** Whether they watch the VMMs of this NeuroVisor. */
    public boolean watchesVmms() {
        return selected.ebpf().reading().isInForce();
    }

    /** Why this VMM and no other, in words. */
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
