package io.neurovisor.bench.speed;

import io.neurovisor.bench.measure.Contender;
import io.neurovisor.bench.measure.HostProgram;
import io.neurovisor.bench.measure.SampleProgram;
import io.neurovisor.server.client.DaemonProcess;
import java.util.List;

/** Measures the start of the command, with and without a daemon, and the start of the daemon. */
record StartRun(Workbench bench) {
    static final String FIRST_MACHINE = "daemon to first machine";
    static final String COMMAND = "command";
    static final String BY_DAEMON = "NeuroVisor, daemon";
    static final String ALONE = "NeuroVisor, alone";

    private static final List<String> PROGRAM = List.of("--language", "python", "-c", SampleProgram.PYTHON.code());

    void measure() {
        SpeedPlan plan = bench.plan();
        bench.rounds(() -> {})
                .run(FIRST_MACHINE, plan.rounds(1, 5), List.of(new Contender(Workbench.OURS, this::firstMachine)));
        try (DaemonProcess daemon = bench.daemon("start", 1, 3)) {
            bench.rounds(() -> daemon.awaitWarm(1))
                    .run(
                            COMMAND,
                            plan.rounds(3, 12),
                            List.of(
                                    new Contender(
                                            BY_DAEMON,
                                            () -> HostProgram.timed(plan.commands()
                                                    .runByDaemon(bench.size(), bench.socket("start"), PROGRAM))),
                                    new Contender(
                                            ALONE,
                                            () -> HostProgram.timed(
                                                    plan.commands().runAlone(bench.size(), PROGRAM)))));
        }
    }

    private double firstMachine() {
        long beganNanos = System.nanoTime();
        try (DaemonProcess daemon = bench.daemon("first", 1, 2)) {
            daemon.awaitWarm(1);
            return (System.nanoTime() - beganNanos) / 1e6;
        }
    }
}
