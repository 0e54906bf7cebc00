package io.neurovisor.bench.speed;

import io.neurovisor.bench.floor.Floor;
import io.neurovisor.bench.measure.Contender;
import io.neurovisor.bench.measure.SampleProgram;
import io.neurovisor.server.client.DaemonProcess;
import java.util.List;

/** Measures requests to machines that are booted instead of cloned, until the last byte. */
record BootRun(Workbench bench) {
    static final String COLD = "cold boot";

    void measure() {
        try (DaemonProcess daemon = bench.daemon("boot", 0, 2, "--snapshot=off")) {
            bench.rounds(() -> {})
                    .run(
                            COLD,
                            bench.plan().rounds(1, 5),
                            List.of(
                                    new Contender(Workbench.OURS, () -> bench.whole(daemon, SampleProgram.PYTHON)),
                                    new Contender(
                                            Floor.NAME,
                                            () -> bench.floor()
                                                    .boot(SampleProgram.PYTHON)
                                                    .reached("exit"))));
        }
    }
}
