package io.neurovisor.server.doctor;

import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.host.doctor.Check;
import io.neurovisor.host.doctor.DiskCheck;
import io.neurovisor.host.doctor.Finding;
import io.neurovisor.host.doctor.MachineChecks;
import io.neurovisor.host.doctor.ProgramCheck;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.qemu.QemuLocator;
import io.neurovisor.server.InstalledComponents;
import io.neurovisor.server.Settings;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/** Examines an installation: the layers of a machine that it starts, then the machine. */
public record Doctor(Settings settings, InstantSource clock, Ticker ticker) {
    /**
     * Runs the examination; takes seconds.
     *
     * @param repair whether to remove leftovers first
     */
    public Diagnosis examine(boolean repair, Progress progress) {
        Leftovers leftovers = new Leftovers(settings, System.getenv());
        List<String> repairs = repair ? leftovers.remove() : List.of();
        Finding left = leftovers.examine();
        progress.step("Starting a sandbox to read its layers");
        MachineExamination machine = new MachineExamination(settings, clock, ticker);
        List<LayerState> layers = machine.layers(progress);
        List<Finding> findings = new ArrayList<>(machine.findings());
        checks(machine.machineBytes()).forEach(check -> findings.add(check.examine()));
        findings.add(
                new KeptSandboxes(settings.sandboxes(), clock, InstalledComponents.checkpoints(settings)).examine());
        findings.add(left);
        return new Diagnosis(layers, findings, repairs);
    }

    private List<Check> checks(long machineBytes) {
        List<Check> checks = new ArrayList<>(MachineChecks.of(
                HostFiles.SYSTEM,
                System.getProperty("user.name"),
                settings.config().guest().size(),
                machineBytes,
                1));
        checks.add(new ProgramCheck(QemuLocator.NAME, "qemu-system-x86", QemuLocator.OLDEST_MAJOR));
        checks.add(new ProgramCheck("bwrap", "bubblewrap", 0));
        checks.add(new DiskCheck(settings.config().dataDir()));
        return checks;
    }
}
