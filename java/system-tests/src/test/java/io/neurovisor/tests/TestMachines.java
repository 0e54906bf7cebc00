package io.neurovisor.tests;

import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.Vmm;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.host.probe.HostCpu;
import io.neurovisor.host.probe.ProbeCache;
import io.neurovisor.host.qemu.KvmProbe;
import io.neurovisor.host.qemu.QemuJail;
import io.neurovisor.host.qemu.QemuLocator;
import io.neurovisor.host.qemu.QemuProgram;
import io.neurovisor.host.qemu.QemuVmm;
import io.neurovisor.host.spawner.Spawner;
import io.neurovisor.host.spawner.SpawnerProgram;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.Settings;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.config.Surroundings;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/** A real QEMU driver with the files that {@code ./neurovisor setup} has made. */
final class TestMachines implements AutoCloseable {
    private final Spawner spawner;
    private final GuestLinks links = new GuestLinks(InstantSource.system());
    private final Vmm vmm;
    private final BootFiles files;

    TestMachines(Path directory) {
        this(directory, settings().spawnerProgram().bubblewrap());
    }

    TestMachines(Path directory, Path bubblewrap) {
        SpawnerProgram program = settings().spawnerProgram();
        files = NeuroVisor.images(settings()).boot("base", Progress.SILENT);
        spawner = Spawner.start(
                new SpawnerProgram(program.executable(), bubblewrap, program.uids()), directory.resolve("run"));
        ProbeCache probes = new ProbeCache(dataDirectory().resolve("probes.properties"));
        QemuProgram qemu = new QemuLocator(System.getenv("PATH"), probes).locate();
        QemuJail jail = QemuJail.of(qemu, probes);
        KvmProbe probe = new KvmProbe(
                probes,
                accelerator -> new QemuVmm(qemu, jail, accelerator, HostCpu.describe(), spawner, links, Ticker.SYSTEM),
                new SecureRandom(),
                Ticker.SYSTEM);
        vmm = new QemuVmm(qemu, jail, probe.accelerator(files), HostCpu.describe(), spawner, links, Ticker.SYSTEM);
    }

    Vmm vmm() {
        return vmm;
    }

    BootFiles files() {
        return files;
    }

    static Path dataDirectory() {
        return settings().config().dataDir();
    }

    /** What the environment of the tests says. */
    static Settings settings() {
        return new Settings(
                CommandLineRun.home(),
                LoadedConfig.load(Map.of(), Optional.empty(), Surroundings.ofThisProcess())
                        .config());
    }

    @Override
    public void close() {
        spawner.close();
        links.close();
    }
}
