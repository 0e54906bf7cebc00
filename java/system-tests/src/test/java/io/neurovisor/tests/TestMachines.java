package io.neurovisor.tests;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.template.TemplateKey;
import io.neurovisor.engine.template.Templates;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import io.neurovisor.host.ebpf.EbpfLayer;
import io.neurovisor.host.ebpf.EbpfMode;
import io.neurovisor.host.firecracker.FirecrackerLocator;
import io.neurovisor.host.firecracker.FirecrackerProgram;
import io.neurovisor.host.firecracker.FirecrackerVmm;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.host.probe.EbpfReading;
import io.neurovisor.host.probe.HostCpu;
import io.neurovisor.host.probe.ProbeCache;
import io.neurovisor.host.probe.VmmConfinement;
import io.neurovisor.host.spawner.EbpfCounts;
import io.neurovisor.host.spawner.Spawner;
import io.neurovisor.host.spawner.SpawnerProgram;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.Settings;
import io.neurovisor.server.VmmSelection;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.config.ProcessEnvironment;
import io.neurovisor.server.config.Setting;
import io.neurovisor.server.config.VmmChoice;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/** A real driver of a VMM with the files that {@code ./neurovisor setup} has made. */
final class TestMachines implements AutoCloseable {
    private final Spawner spawner;
    private final GuestLinks links = new GuestLinks(InstantSource.system());
    private final Vmm vmm;
    private final BootFiles files;

    /** Of QEMU. */
    TestMachines(Path directory) {
        this(directory, VmmChoice.QEMU);
    }

    TestMachines(Path directory, VmmChoice choice) {
        this(directory, choice, settings().spawnerProgram().bubblewrap());
    }

    TestMachines(Path directory, VmmChoice choice, Path bubblewrap) {
        SpawnerProgram program = settings().spawnerProgram();
        files = NeuroVisor.images(settings()).boot("base", Progress.SILENT);
        spawner = Spawner.start(
                new SpawnerProgram(program.executable(), bubblewrap, program.uids(), program.ebpf()),
                directory.resolve("run"));
        boolean selected = false;
        try {
            vmm = new VmmSelection(settings(choice), spawner, links)
                    .select(files)
                    .vmm();
            selected = true;
        } finally {
            if (!selected) {
                close();
            }
        }
    }

    /** What the kernel has counted of its machines. */
    EbpfCounts ebpf() {
        return spawner.ebpf();
    }

    Vmm vmm() {
        return vmm;
    }

    /** Of Firecracker with another program, jailer or place for its chroots. Not watched by eBPF: a jailer may be a script. */
    Vmm firecracker(FirecrackerProgram program, Path jails) {
        return new FirecrackerVmm(
                program,
                jails,
                VmmConfinement.ofFirecracker(settings().spawnerProgram().uids().isPresent()),
                HostCpu.describe(),
                spawner,
                links,
                EbpfLayer.of(EbpfMode.OFF, EbpfLayer.expected(EbpfMode.OFF, EbpfReading.WATCHING), spawner),
                Ticker.SYSTEM);
    }

    BootFiles files() {
        return files;
    }

    /** By which the machines' guests are spoken to. */
    GuestLinks links() {
        return links;
    }

    /** Of the template that there is already. */
    VmStart clone(SandboxSize size) {
        TemplateKey key = new TemplateKey(
                files, size, vmm.identity(), NeuroVisor.images(settings()).warmPrograms(files.image()));
        Templates templates = new Templates(NeuroVisor.templates(settings()), vmm, new SecureRandom(), Ticker.SYSTEM);
        return new VmStart.Restore(templates.findOrBuild(key, Progress.SILENT));
    }

    /** The one that would be used. */
    static FirecrackerProgram firecrackerProgram() {
        ProbeCache probes = new ProbeCache(dataDirectory().resolve("probes.properties"));
        return new FirecrackerLocator(dataDirectory(), System.getenv("PATH"), probes)
                .find()
                .orElseThrow();
    }

    static Path dataDirectory() {
        return settings().config().dataDir();
    }

    /** What the environment of the tests says. */
    static Settings settings() {
        return settings(Map.of());
    }

    private static Settings settings(VmmChoice choice) {
        return settings(Map.of(Setting.VMM.name(), Setting.VMM.form().printer().apply(choice)));
    }

    /** The same with flags. */
    static Settings settings(Map<String, String> flags) {
        return new Settings(
                CommandLineRun.home(),
                LoadedConfig.load(flags, Optional.empty(), ProcessEnvironment.current())
                        .config());
    }

    @Override
    public void close() {
        spawner.close();
        links.close();
    }
}
