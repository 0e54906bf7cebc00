package io.neurovisor.bench.speed;

import io.neurovisor.bench.measure.Memory;
import io.neurovisor.bench.measure.Unit;
import io.neurovisor.server.client.DaemonProcess;
import io.neurovisor.server.client.Pause;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Measures the memory of machines that wait, and of the same machines as idle sandboxes. */
record IdleSandboxes(Workbench bench) {
    static final String WAITING = "memory of a machine before it is a sandbox";
    static final String IDLE = "memory of an idle sandbox";

    private static final int MACHINES = 4;

    /** Longer than the interval in which the daemon asks each sandbox for its usage. */
    private static final Duration SETTLED = Duration.ofSeconds(6);

    void measure() {
        List<ServedSandbox> sandboxes = new ArrayList<>();
        // No machine but these: the pool cannot replace one that has become a sandbox.
        try (DaemonProcess daemon = bench.daemon("idle", MACHINES, MACHINES, "--max-sandboxes=" + MACHINES)) {
            daemon.awaitWarm(MACHINES);
            Pause.of(SETTLED);
            memory(WAITING, daemon);
            for (int number = 0; number < MACHINES; number++) {
                sandboxes.add(ServedSandbox.create(bench.socket("idle")));
            }
            Pause.of(SETTLED);
            memory(IDLE, daemon);
            sandboxes.forEach(ServedSandbox::close);
        }
    }

    private void memory(String scenario, DaemonProcess daemon) {
        List<ProcessHandle> vmms = daemon.vmms();
        Workbench.require(vmms.size() == MACHINES, "the daemon has " + vmms.size() + " machines");
        bench.add(scenario, Workbench.OURS, Unit.MEBIBYTES, Memory.proportionalMebibytes(vmms) / MACHINES);
    }
}
