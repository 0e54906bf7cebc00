package io.neurovisor.tests;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.Vmm;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.host.image.KernelChoice;
import io.neurovisor.host.probe.HostCpu;
import io.neurovisor.host.probe.ProbeCache;
import io.neurovisor.host.qemu.KvmProbe;
import io.neurovisor.host.qemu.QemuLocator;
import io.neurovisor.host.qemu.QemuProgram;
import io.neurovisor.host.qemu.QemuVmm;
import io.neurovisor.host.spawner.Spawner;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.Settings;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;

/** A real QEMU driver with the files that {@code ./neurovisor setup} has made. */
final class TestMachines implements AutoCloseable {
    private final Spawner spawner;
    private final GuestLinks links = new GuestLinks(InstantSource.system());
    private final Vmm vmm;
    private final BootFiles files;

    TestMachines(Path directory) {
        KernelChoice kernel = KernelChoice.named(System.getenv().getOrDefault("NEUROVISOR_KERNEL", "auto"));
        Settings settings =
                new Settings(CommandLineRun.home(), dataDirectory(), "base", kernel, SandboxSize.SMALL, true);
        files = NeuroVisor.images(settings).boot("base", Progress.SILENT);
        spawner = Spawner.start(
                CommandLineRun.home().resolve("target/x86_64-unknown-linux-gnu/release/neurovisor-spawner"),
                directory.resolve("run"));
        ProbeCache probes = new ProbeCache(dataDirectory().resolve("probes.properties"));
        QemuProgram qemu = new QemuLocator(System.getenv("PATH"), probes).locate();
        KvmProbe probe = new KvmProbe(
                probes,
                accelerator -> new QemuVmm(qemu, accelerator, HostCpu.describe(), spawner, links, Ticker.SYSTEM),
                new SecureRandom(),
                Ticker.SYSTEM);
        vmm = new QemuVmm(qemu, probe.accelerator(files), HostCpu.describe(), spawner, links, Ticker.SYSTEM);
    }

    Vmm vmm() {
        return vmm;
    }

    BootFiles files() {
        return files;
    }

    static Path dataDirectory() {
        String configured = System.getenv().getOrDefault("NEUROVISOR_DATA_DIR", "");
        String xdg = System.getenv().getOrDefault("XDG_DATA_HOME", "");
        if (!configured.isEmpty()) {
            return Path.of(configured);
        }
        return xdg.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".local/share/neurovisor")
                : Path.of(xdg, "neurovisor");
    }

    @Override
    public void close() {
        spawner.close();
        links.close();
    }
}
