package io.neurovisor.server;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.machine.MachineFactory;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.pool.MachineMemory;
import io.neurovisor.engine.pool.PoolPlan;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.template.Templates;
import io.neurovisor.engine.text.UntrustedText;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.BlockedAttempt;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.Vmm;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.host.image.Images;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.HostMemory;
import io.neurovisor.host.probe.JvmMemory;
import io.neurovisor.host.spawner.Spawner;
import io.neurovisor.host.spawner.SpawnerSupervisor;
import io.neurovisor.host.store.ArtifactUse;
import io.neurovisor.host.store.DataDirectory;
import io.neurovisor.host.store.Supervisor;
import io.neurovisor.host.store.UseRegistry;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.config.PoolConfig;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Creates a {@link NeuroVisor} from its settings. */
final class NeuroVisorWiring {
    private static final Logger LOG = LoggerFactory.getLogger(NeuroVisor.class);

    /** The least time for a start. */
    private static final Duration START_LIMIT = Duration.ofSeconds(27);

    /** A start takes so much less than a request waits, so that the client learns why its machine did not start. */
    private static final Duration START_MARGIN = Duration.ofSeconds(3);

    /** A start is limited by the processor; fifty simultaneous starts on two processors have all missed their limit. */
    private static final int STARTS_PER_PROCESSOR = 2;

    /** Typical programs of a model; they warm up the whole path of a program in the guest. */
    private static final Program PYTHON = new Program(Language.PYTHON, "print(6 * 7)");

    private static final Program JAVASCRIPT = new Program(Language.JAVASCRIPT, "console.log(6 * 7)");

    private NeuroVisorWiring() {}

    static NeuroVisor open(Settings settings, boolean building, Progress progress, Listeners listeners) {
        Path dataDirectory = new DataDirectory(settings.dataDir()).claim().path();
        Path runtimeDirectory = RuntimeDirectory.choose();
        // First, because it removes what this process leaves behind.
        Spawner spawner = Spawner.start(settings.spawnerProgram(), runtimeDirectory);
        GuestLinks links = new GuestLinks(InstantSource.system());
        boolean opened = false;
        try {
            spawner.onBlocked((id, attempt) -> blocked(new VmId(id), attempt, listeners.machines()));
            SpawnerSupervisor supervisor = new SpawnerSupervisor(settings.spawner(), spawner);
            ArtifactUse use = new UseRegistry(dataDirectory).enter(runtimeDirectory, supervisor);
            NeuroVisor neuroVisor = wire(settings, building, use, spawner, supervisor, links, progress, listeners);
            opened = true;
            return neuroVisor;
        } finally {
            if (!opened) {
                // Removes what the spawner holds, such as the registration.
                spawner.close();
                links.close();
            }
        }
    }

    private static void blocked(VmId id, BlockedAttempt attempt, MachineListener listener) {
        LOG.warn(
                "the VMM of machine {} has {} {} {}",
                id,
                attempt.allowed() ? "tried" : "been refused",
                attempt.hook(),
                UntrustedText.line(attempt.subject()));
        listener.blocked(id, attempt);
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
        Images images = InstalledComponents.images(settings, supervisor);
        BootFiles usual =
                use.hold(() -> images.boot(settings.config().guest().image(), progress), ImageStarts::directories);
        VmmSelection.Selected selected = new VmmSelection(settings, spawner, links).select(usual);
        Vmm vmm = selected.vmm();
        LOG.debug("{} ({}) boots image {} ({})", vmm.identity(), selected.reason(), usual.image(), usual.kernel());
        Templates templates = templates(settings, supervisor, vmm, random);
        ImageStarts starts = new ImageStarts(
                images,
                usual,
                templates,
                use,
                vmm.identity(),
                settings.config().guest().snapshot(),
                building,
                progress);
        WarmPool pool = pool(settings.config(), usual, vmm, starts, random, listeners.machines());
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

    private static Templates templates(Settings settings, Supervisor supervisor, Vmm vmm, SecureRandom random) {
        return new Templates(
                InstalledComponents.templates(settings, supervisor),
                vmm,
                random,
                Ticker.SYSTEM,
                settings.config().vmm().strict());
    }

    private static WarmPool pool(
            Config config,
            BootFiles usual,
            Vmm vmm,
            ImageStarts starts,
            SecureRandom random,
            MachineListener listener) {
        MachineFactory factory = new MachineFactory(
                vmm, random, Ticker.SYSTEM, listener, config.vmm().strict());
        return new WarmPool(
                plan(config, usual, vmm),
                new ImageMachines(factory, starts, startLimit(config.pool())),
                primer(config.pool()),
                Ticker.SYSTEM,
                listener);
    }

    private static Duration startLimit(PoolConfig pool) {
        Duration limit = pool.acquireTimeout().minus(START_MARGIN);
        return limit.compareTo(START_LIMIT) < 0 ? START_LIMIT : limit;
    }

    private static PoolPlan plan(Config config, BootFiles usual, Vmm vmm) {
        MachineKind kind = new MachineKind(usual.image(), config.guest().size());
        int processors = Runtime.getRuntime().availableProcessors();
        // Building a template briefly needs more memory than a clone; the reserve covers it.
        MachineMemory memory = new MachineMemory(
                HostMemory.of(HostFiles.SYSTEM, JvmMemory.ofThisProcess(HostFiles.SYSTEM))::availableBytes,
                size -> vmm.memoryLimitBytes(size, config.guest().snapshot()));
        return new PoolPlan(
                kind,
                config.pool().warm(),
                config.pool().max(),
                config.sandbox().maxOf(config.pool().max()),
                STARTS_PER_PROCESSOR * processors,
                processors,
                config.pool().acquireTimeout(),
                memory);
    }

    /** Returns what warms up a new machine. Python is last, because most programs of models are in it. */
    static Consumer<Machine> primer(PoolConfig pool) {
        List<Program> programs = pool.primeJavascript() ? List.of(JAVASCRIPT, PYTHON) : List.of(PYTHON);
        return machine -> {
            Deadline deadline = Deadline.after(START_LIMIT, Ticker.SYSTEM);
            programs.forEach(program -> machine.prime(program, deadline));
        };
    }
}
