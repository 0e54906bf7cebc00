package io.neurovisor.server;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.Vmm;
import io.neurovisor.host.ebpf.EbpfLayer;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.firecracker.FirecrackerLocator;
import io.neurovisor.host.firecracker.FirecrackerProgram;
import io.neurovisor.host.firecracker.FirecrackerVmm;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.host.kvm.Accelerator;
import io.neurovisor.host.kvm.KvmProbe;
import io.neurovisor.host.probe.HostCpu;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.ProbeCache;
import io.neurovisor.host.probe.VmmConfinement;
import io.neurovisor.host.qemu.QemuJail;
import io.neurovisor.host.qemu.QemuLocator;
import io.neurovisor.host.qemu.QemuProgram;
import io.neurovisor.host.qemu.QemuVmm;
import io.neurovisor.host.spawner.Spawner;
import io.neurovisor.host.spawner.VmmPrograms;
import io.neurovisor.server.config.VmmChoice;
import io.neurovisor.server.config.VmmConfig;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.function.Function;

/** Chooses the VMM: the one that the user asks for, or the best one that works on this machine. */
public final class VmmSelection {
    private static final String NOT_INSTALLED =
            "it is neither in the data directory nor in PATH; ./neurovisor setup --firecracker installs it";

    private final Settings settings;
    private final Spawner spawner;
    private final GuestLinks links;
    private final ProbeCache probes;
    private final EbpfLayer ebpf;
    private final String hostCpu = HostCpu.describe();

    public VmmSelection(Settings settings, Spawner spawner, GuestLinks links) {
        this.settings = settings;
        this.spawner = spawner;
        this.links = links;
        this.ebpf = EbpfLayer.of(settings.config().vmm().ebpf(), settings.ebpf(), spawner);
        this.probes = new ProbeCache(settings.probes());
    }

    /**
     * The chosen VMM.
     *
     * @param accelerator what executes the guests' instructions
     * @param reason why this VMM was chosen
     * @param ebpf the layer that watches its processes
     * @param programs the executables that start it
     */
    public record Selected(Vmm vmm, Accelerator accelerator, String reason, EbpfLayer ebpf, VmmPrograms programs) {}

    /** Discards what earlier starts have found out about KVM, so that the next start finds it out again. */
    public static void probeAgain(Settings settings) {
        KvmProbe.forget(new ProbeCache(settings.probes()));
    }

    /** A usable Firecracker, or the reason why it cannot be used. */
    private record Candidate(Optional<Selected> usable, String problem) {}

    /**
     * Chooses the VMM. Boots {@code files} once if it is unknown whether KVM works. Fails if the requested VMM is unusable.
     */
    public Selected select(BootFiles files) {
        VmmChoice choice = settings.config().vmm().choice();
        String asked = "requested with " + VmmConfig.VMM.flag();
        return switch (choice) {
            case QEMU -> qemu(files, asked);
            case FIRECRACKER -> {
                Candidate firecracker = firecracker(files, asked);
                yield firecracker.usable().orElseThrow(() -> refused(firecracker.problem()));
            }
            case AUTO -> {
                Candidate firecracker = firecracker(files, "KVM boots guests with it");
                yield firecracker
                        .usable()
                        .orElseGet(() -> qemu(files, "Firecracker is not used: " + firecracker.problem()));
            }
        };
    }

    /** Throws if the settings name a Firecracker that is missing or unsupported. */
    public static void requireFirecracker(Settings settings) {
        boolean named = settings.config().vmm().firecracker().isPresent();
        boolean required = settings.config().vmm().choice() == VmmChoice.FIRECRACKER;
        if ((named || required)
                && locate(settings, new ProbeCache(settings.probes())).isEmpty()) {
            throw refused(NOT_INSTALLED);
        }
    }

    private static NeuroVisorException refused(String problem) {
        return new NeuroVisorException(
                Fault.VMM_MISSING,
                VmmConfig.VMM.flag() + " firecracker: " + problem + "; " + VmmConfig.VMM.flag()
                        + " qemu works without");
    }

    private Candidate firecracker(BootFiles files, String reason) {
        Optional<FirecrackerProgram> found;
        try {
            found = locate(settings, probes);
        } catch (NeuroVisorException exception) {
            // A Firecracker that the user has named must not be skipped.
            if (exception.fault() != Fault.VMM_MISSING
                    || settings.config().vmm().firecracker().isPresent()) {
                throw exception;
            }
            return unusable(String.valueOf(exception.getMessage()));
        }
        if (found.isEmpty()) {
            return unusable(NOT_INSTALLED);
        }
        Vmm vmm = new FirecrackerVmm(
                found.get(),
                PrivateFiles.directory(settings.jails()),
                VmmConfinement.ofFirecracker(settings.spawnerProgram().uids().isPresent()),
                hostCpu,
                spawner,
                links,
                ebpf,
                Ticker.SYSTEM);
        Accelerator accelerator = probe(_ -> vmm).accelerator(files);
        VmmPrograms programs = new VmmPrograms(
                found.get().executable(), Optional.of(found.get().jailer()));
        return accelerator.isKvm()
                ? new Candidate(Optional.of(new Selected(vmm, accelerator, reason, ebpf, programs)), "")
                : unusable(accelerator.reason());
    }

    private static Optional<FirecrackerProgram> locate(Settings settings, ProbeCache probes) {
        FirecrackerLocator locator = new FirecrackerLocator(settings.dataDir(), searchPath(), probes);
        return settings.config().vmm().firecracker().map(locator::at).or(locator::find);
    }

    private static Candidate unusable(String problem) {
        return new Candidate(Optional.empty(), problem);
    }

    private Selected qemu(BootFiles files, String reason) {
        QemuProgram program = new QemuLocator(searchPath(), probes).locate();
        QemuJail jail = QemuJail.of(program, probes);
        Function<Accelerator, Vmm> vmms =
                accelerator -> new QemuVmm(program, jail, accelerator, hostCpu, spawner, links, ebpf, Ticker.SYSTEM);
        Accelerator accelerator = probe(vmms).accelerator(files);
        return new Selected(
                vmms.apply(accelerator),
                accelerator,
                reason,
                ebpf,
                new VmmPrograms(program.executable(), Optional.empty()));
    }

    private KvmProbe probe(Function<Accelerator, Vmm> vmms) {
        return new KvmProbe(
                probes,
                vmms,
                HostFiles.SYSTEM,
                new SecureRandom(),
                Ticker.SYSTEM,
                // Set by lab/image/lab/run.sh.
                System.getenv("NEUROVISOR_IN_LAB") == null ? KvmProbe.Patience.USUAL : KvmProbe.Patience.LAB);
    }

    private static String searchPath() {
        return System.getenv().getOrDefault("PATH", "");
    }
}
