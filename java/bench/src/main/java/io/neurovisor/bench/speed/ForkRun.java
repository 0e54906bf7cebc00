package io.neurovisor.bench.speed;

import io.neurovisor.bench.floor.BareSandbox;
import io.neurovisor.bench.floor.Floor;
import io.neurovisor.bench.measure.Memory;
import io.neurovisor.bench.measure.Requirement;
import io.neurovisor.bench.measure.Unit;
import io.neurovisor.bench.sandbox.ServedSandbox;
import io.neurovisor.server.client.DaemonProcess;
import io.neurovisor.server.client.Pause;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Measures copies and snapshots of a sandbox in which Python has run. */
record ForkRun(Workbench bench) {
    static final String STILL = "source of copies stands still";
    static final String COPIED = "ten copies, until the last one runs";
    static final String MEMORY = "memory of one of ten copies";
    static final String SNAPSHOT = "source of a snapshot stands still";

    private static final int COPIES = 10;

    void measure() {
        try (DaemonProcess daemon = bench.daemon("forked", 0, COPIES + 2, "--max-sandboxes=" + (COPIES + 2));
                ServedSandbox ours = ServedSandbox.create(bench.socket("forked"));
                BareSandbox bare = bench.floor().sandbox(WarmRun.REST)) {
            double _ = ours.start("python3");
            double _ = bare.step("start python3");
            for (int round = -1; round < bench.plan().rounds(2, 6); round++) {
                served(daemon, ours, round >= 0);
                bare(bare, round >= 0);
            }
        }
    }

    private void served(DaemonProcess daemon, ServedSandbox ours, boolean counts) {
        Set<ProcessHandle> others = new HashSet<>(daemon.vmms());
        Pause.of(PauseRun.REST);
        ours.fork(COPIES, millis -> {
            List<ProcessHandle> copies =
                    daemon.vmms().stream().filter(vmm -> !others.contains(vmm)).toList();
            Requirement.hold(copies.size() == COPIES, "the daemon has " + copies.size() + " copies");
            add(counts, COPIED, Workbench.OURS, Unit.MILLISECONDS, millis);
            add(counts, MEMORY, Workbench.OURS, Unit.MEBIBYTES, Memory.proportionalMebibytes(copies) / COPIES);
        });
        // With one copy: ten would take processors from the program that looks at the clock.
        double forked = ours.standsStill(PauseRun.REST, () -> ours.fork(1, _ -> {}));
        add(counts, STILL, Workbench.OURS, Unit.MILLISECONDS, forked);
        double saved = ours.standsStill(PauseRun.REST, ours::snapshot);
        add(counts, SNAPSHOT, Workbench.OURS, Unit.MILLISECONDS, saved);
    }

    private void bare(BareSandbox bare, boolean counts) {
        Pause.of(PauseRun.REST);
        List<Double> figures = bare.figures("fork " + COPIES);
        add(counts, STILL, Floor.NAME, Unit.MILLISECONDS, figures.get(0));
        add(counts, STILL, PauseRun.WITHOUT_GUEST, Unit.MILLISECONDS, figures.get(1));
        add(counts, COPIED, Floor.NAME, Unit.MILLISECONDS, figures.get(2));
        add(counts, MEMORY, Floor.NAME, Unit.MEBIBYTES, figures.get(3));
    }

    private void add(boolean counts, String scenario, String contender, Unit unit, double value) {
        if (counts) {
            bench.add(scenario, contender, unit, value);
        }
    }
}
