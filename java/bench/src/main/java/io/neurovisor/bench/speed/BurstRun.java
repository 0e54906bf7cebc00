package io.neurovisor.bench.speed;

import io.neurovisor.bench.measure.SampleProgram;
import io.neurovisor.bench.measure.Series;
import io.neurovisor.bench.measure.Unit;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.client.DaemonProcess;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Measures a hundred simultaneous requests. */
record BurstRun(Workbench bench) {
    static final int REQUESTS = 100;
    static final String FULL = "burst of 100, 10 ready";
    static final String EMPTY = "burst of 100, none ready";

    void measure() {
        try (DaemonProcess daemon = bench.daemon("full", 10, 12)) {
            daemon.awaitWarm(10);
            burst(FULL, daemon);
        }
        if (!bench.plan().quick()) {
            try (DaemonProcess daemon = bench.daemon("empty", 0, 12)) {
                burst(EMPTY, daemon);
            }
        }
    }

    /** Each request is timed from the start of the burst to its own last byte. */
    private void burst(String scenario, DaemonProcess daemon) {
        Series.Key key = bench.key(scenario, Workbench.OURS);
        long beganNanos = System.nanoTime();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int number = 0; number < REQUESTS; number++) {
                Future<?> _ = clients.submit(() -> {
                    try {
                        double _ = bench.whole(daemon, SampleProgram.PYTHON);
                        bench.measurements().add(key, Unit.MILLISECONDS, (System.nanoTime() - beganNanos) / 1e6);
                    } catch (NeuroVisorException exception) {
                        bench.progress().accept(scenario + ": " + exception.getMessage());
                        bench.measurements().failed(key, Unit.MILLISECONDS);
                    }
                });
            }
        }
    }
}
