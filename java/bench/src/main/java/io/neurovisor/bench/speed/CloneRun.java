package io.neurovisor.bench.speed;

import io.neurovisor.bench.floor.Floor;
import io.neurovisor.bench.measure.Contender;
import io.neurovisor.bench.measure.Rounds;
import io.neurovisor.bench.measure.SampleProgram;
import io.neurovisor.engine.pool.Lease;
import io.neurovisor.server.client.DaemonProcess;
import java.util.List;

/** Measures machines that are cloned on request. */
record CloneRun(Workbench bench) {
    static final String ANSWERS = "clone to answer";
    static final String FRESH = "fresh clone";

    void measure() {
        try (DaemonProcess daemon = bench.daemon("clone", 0, 2)) {
            Rounds rounds = bench.rounds(() -> {});
            Floor floor = bench.floor();
            rounds.run(
                    ANSWERS,
                    bench.plan().rounds(6, 20),
                    List.of(
                            new Contender(Workbench.OURS, this::lease),
                            new Contender(
                                    Floor.NAME,
                                    () -> floor.run(SampleProgram.PYTHON).reached("refresh"))));
            rounds.run(
                    FRESH,
                    bench.plan().rounds(6, 20),
                    List.of(
                            new Contender(Workbench.OURS, () -> bench.whole(daemon, SampleProgram.PYTHON)),
                            new Contender(
                                    Floor.NAME,
                                    () -> floor.run(SampleProgram.PYTHON).reached("exit"))));
        }
    }

    private double lease() {
        long beganNanos = System.nanoTime();
        try (Lease _ = bench.neuroVisor().pool().lease(bench.kind())) {
            return (System.nanoTime() - beganNanos) / 1e6;
        }
    }
}
