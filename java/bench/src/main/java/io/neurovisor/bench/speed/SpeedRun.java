package io.neurovisor.bench.speed;

import io.neurovisor.bench.floor.Floor;
import io.neurovisor.bench.measure.Host;
import io.neurovisor.bench.measure.Measurements;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.ProductVersion;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Measures all scenarios of a plan, one machine size after the other. */
public final class SpeedRun {
    private SpeedRun() {}

    /**
     * Runs all scenarios of the plan and returns what could be measured.
     *
     * @param neuroVisor makes missing images and templates, and the machines that no daemon serves
     * @param progress receives a line for each scenario, and for each failure
     */
    public static SpeedReport of(
            SpeedPlan plan,
            List<SandboxSize> sizes,
            NeuroVisor neuroVisor,
            InstantSource clock,
            Consumer<String> progress) {
        Instant began = clock.instant();
        Host host = Host.read();
        Measurements measurements = new Measurements();
        List<Target> targets = new ArrayList<>();
        for (SandboxSize size : sizes) {
            MachineKind kind = neuroVisor.prepare(size);
            Floor floor = new Floor(
                    compiled(plan.floor()), template(neuroVisor, kind), plan.scratch(), accelerator(neuroVisor));
            ScenarioRun run =
                    new ScenarioRun(new Workbench(plan, size, neuroVisor, kind, floor, measurements, progress));
            Stream.of(Scenario.values()).filter(plan.scenarios()::contains).forEach(run::run);
            targets.addAll(targets(plan, size.label(), measurements));
        }
        return new SpeedReport(
                ProductVersion.current(),
                began,
                Duration.between(began, clock.instant()),
                plan.quick(),
                neuroVisor.vmm() + ", image "
                        + neuroVisor.prepare(sizes.getFirst()).image(),
                host,
                Host.read(),
                measurements.series(),
                targets);
    }

    /** Returns the targets that were measured, and those that a run of these scenarios owes. */
    private static List<Target> targets(SpeedPlan plan, String size, Measurements measurements) {
        boolean whole = plan.scenarios().stream().map(Scenario::label).toList().containsAll(Scenario.quickLabels());
        Stream<Target> separate = Scenario.separate().stream()
                .flatMap(scenario -> Target.of(scenario, size, measurements).stream()
                        .filter(target -> plan.scenarios().contains(scenario) || target.isMeasured()));
        return Stream.concat(
                        Target.of(size, measurements).stream().filter(target -> whole || target.isMeasured()), separate)
                .toList();
    }

    private static Path compiled(Path floor) {
        if (!floor.toFile().canExecute()) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED,
                    "the bare VMM's program, with which NeuroVisor is compared, is not compiled: " + floor
                            + "; bench works in a clone of the repository, not in a container image");
        }
        return floor;
    }

    private static SavedVm template(NeuroVisor neuroVisor, MachineKind kind) {
        if (neuroVisor.vmm().name().equals("qemu") && neuroVisor.start(kind) instanceof VmStart.Restore restore) {
            return restore.saved();
        }
        throw new NeuroVisorException(
                Fault.INVALID_ARGUMENT,
                "bench compares clones of QEMU, but the VMM is " + neuroVisor.vmm()
                        + "; use --vmm=qemu --snapshot=on; bench/firecracker.sh measures Firecracker");
    }

    private static String accelerator(NeuroVisor neuroVisor) {
        return neuroVisor.accelerator().isKvm() ? "kvm" : "tcg,tb-size=128";
    }
}
