package io.neurovisor.bench.speed;

import io.neurovisor.bench.floor.BareSandbox;
import io.neurovisor.bench.floor.Floor;
import io.neurovisor.bench.measure.Unit;
import io.neurovisor.bench.sandbox.ServedSandbox;
import io.neurovisor.server.client.DaemonProcess;
import io.neurovisor.server.client.Pause;
import java.time.Duration;
import java.util.List;

/** Measures pauses and resumptions of a sandbox in which Python has run. */
record PauseRun(Workbench bench) {
    static final String PAUSED = "sandbox paused";
    static final String RESUMED = "sandbox resumed, to its first answer";
    static final String WITHOUT_GUEST = "bare VMM, without its guest";

    /** QEMU reports the end of a channel at most once in a second, so that an earlier pause would wait for the report. */
    static final Duration REST = Duration.ofMillis(1500);

    void measure() {
        try (DaemonProcess _ = bench.daemon("paused", 0, 2, "--max-sandboxes=2");
                ServedSandbox ours = ServedSandbox.create(bench.socket("paused"));
                BareSandbox bare = bench.floor().sandbox(WarmRun.REST)) {
            double _ = ours.start("python3");
            double _ = bare.step("start python3");
            for (int round = -bench.plan().rehearsals(); round < bench.plan().rounds(3, 15); round++) {
                boolean counts = round >= 0;
                Pause.of(REST);
                add(counts, PAUSED, Workbench.OURS, ours.pause());
                add(counts, RESUMED, Workbench.OURS, ours.resume());
                Pause.of(REST);
                List<Double> paused = bare.figures("pause");
                add(counts, PAUSED, Floor.NAME, paused.get(0));
                add(counts, PAUSED, WITHOUT_GUEST, paused.get(1));
                add(counts, RESUMED, Floor.NAME, bare.step("resume"));
            }
        }
    }

    private void add(boolean counts, String scenario, String contender, double millis) {
        if (counts) {
            bench.add(scenario, contender, Unit.MILLISECONDS, millis);
        }
    }
}
