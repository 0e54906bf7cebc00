package io.neurovisor.bench.speed;

import io.neurovisor.bench.floor.BareSandbox;
import io.neurovisor.bench.floor.Floor;
import io.neurovisor.bench.measure.Contender;
import io.neurovisor.bench.measure.Memory;
import io.neurovisor.bench.measure.Requirement;
import io.neurovisor.bench.measure.SampleProgram;
import io.neurovisor.bench.measure.Unit;
import io.neurovisor.bench.sandbox.ServedSandbox;
import io.neurovisor.bench.sandbox.StalledReaders;
import io.neurovisor.server.client.DaemonProcess;
import io.neurovisor.server.client.Pause;
import io.neurovisor.server.client.sandbox.SandboxClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Measures living sandboxes: their creation, processes, files and memory, and executions of a daemon that has them. The
 * bare VMM does the same steps by gRPC with its guest agent, without a jail, records, limits or a service.
 */
record SandboxRun(Workbench bench) {
    static final String CREATED = "sandbox created";
    static final String STARTED = "sandbox, start of true";
    static final String FILE_IN = "sandbox, file in";
    static final String FILE_OUT = "sandbox, file out";
    static final String FILES = "sandbox, 1000 files in";
    static final String EXECUTED = "warm python, sandboxes on and off";
    static final String WITHOUT = "NeuroVisor, sandboxes off";

    private static final int FILE_MEBIBYTES = 64;

    /** Little enough to arrive within the time that a process waits for its reader. */
    private static final int OUTPUT_MEBIBYTES = 32;

    private static final int FILE_COUNT = 1000;
    private static final int SMALL_FILE_BYTES = 1 << 10;

    /** Until the code of the first processes is translated and compiled, in the guest and on the host. */
    private static final int REHEARSALS = 5;

    void measure() {
        create();
        use();
        new IdleSandboxes(bench).measure();
        execute();
        new PauseRun(bench).measure();
        new ForkRun(bench).measure();
    }

    private void create() {
        try (DaemonProcess daemon = bench.daemon("create", 1, 4, "--max-sandboxes=3");
                SandboxClient client = SandboxClient.connect(bench.socket("create"), Optional.empty())) {
            bench.rounds(() -> daemon.awaitWarm(1))
                    .run(
                            CREATED,
                            bench.plan().rounds(6, 20),
                            List.of(
                                    new Contender(Workbench.OURS, () -> create(daemon, client)),
                                    new Contender(Floor.NAME, this::adopt)));
        }
    }

    /** Uses up the machine that has waited for longer, so that both contenders use one after the same rest. */
    private static double create(DaemonProcess daemon, SandboxClient client) {
        double _ = ServedSandbox.timedCreation(client);
        daemon.awaitWarm(1);
        Pause.of(WarmRun.REST);
        return ServedSandbox.timedCreation(client);
    }

    private double adopt() {
        try (BareSandbox bare = bench.floor().sandbox(WarmRun.REST)) {
            return bare.adoptionMillis();
        }
    }

    private void use() {
        try (DaemonProcess _ = bench.daemon("living", 0, 2, "--max-sandboxes=2");
                ServedSandbox ours = ServedSandbox.create(bench.socket("living"));
                BareSandbox bare = bench.floor().sandbox(WarmRun.REST)) {
            bench.rounds(() -> {})
                    .withRehearsals(REHEARSALS)
                    .run(
                            STARTED,
                            bench.plan().rounds(10, 40),
                            List.of(
                                    new Contender(Workbench.OURS, () -> ours.start("true")),
                                    new Contender(Floor.NAME, () -> bare.step("start true"))));
            for (int round = 0; round < bench.plan().rounds(2, 5); round++) {
                transfer(ours, bare);
                output(ours);
            }
            bench.rounds(() -> {})
                    .withRehearsals(0)
                    .run(
                            FILES,
                            bench.plan().rounds(1, 4),
                            List.of(
                                    new Contender(Workbench.OURS, () -> ours.files(FILE_COUNT, SMALL_FILE_BYTES)),
                                    new Contender(
                                            Floor.NAME,
                                            () -> bare.step("files " + FILE_COUNT + " " + SMALL_FILE_BYTES))));
        }
    }

    private void transfer(ServedSandbox ours, BareSandbox bare) {
        int bytes = FILE_MEBIBYTES << 20;
        rate(FILE_IN, Workbench.OURS, FILE_MEBIBYTES, ours.write(bytes));
        rate(FILE_IN, Floor.NAME, FILE_MEBIBYTES, bare.step("write " + bytes));
        rate(FILE_OUT, Workbench.OURS, FILE_MEBIBYTES, ours.read(bytes));
        rate(FILE_OUT, Floor.NAME, FILE_MEBIBYTES, bare.step("read"));
    }

    /** The other processes have waited to the end, or the measurement has failed. */
    private void output(ServedSandbox ours) {
        rate(StalledReaders.ALONE, Workbench.OURS, OUTPUT_MEBIBYTES, ours.output(OUTPUT_MEBIBYTES << 20));
        try (StalledReaders readers = StalledReaders.of(ours)) {
            double millis = ours.output(OUTPUT_MEBIBYTES << 20);
            if (readers.areWaitedFor()) {
                rate(StalledReaders.CONTENDED, Workbench.OURS, OUTPUT_MEBIBYTES, millis);
            } else {
                bench.measurements()
                        .failed(bench.key(StalledReaders.CONTENDED, Workbench.OURS), Unit.MEBIBYTES_PER_SECOND);
            }
        }
    }

    private void rate(String scenario, String contender, int mebibytes, double millis) {
        bench.add(scenario, contender, Unit.MEBIBYTES_PER_SECOND, mebibytes * 1000 / millis);
    }

    /** Measures executions of a daemon that may have sandboxes, but has none, and of one that cannot have any. */
    private void execute() {
        WarmRun warm = new WarmRun(bench);
        try (DaemonProcess on = bench.daemon("on", 1, 3, "--max-sandboxes=1");
                DaemonProcess off = bench.daemon("off", 1, 3, "--max-sandboxes=0")) {
            bench.rounds(() -> {
                        on.awaitWarm(1);
                        off.awaitWarm(1);
                    })
                    .run(
                            EXECUTED,
                            bench.plan().rounds(6, 30),
                            List.of(
                                    new Contender(
                                            Workbench.OURS,
                                            () -> warm.rested(on, SampleProgram.PYTHON)
                                                    .millis()),
                                    new Contender(
                                            WITHOUT,
                                            () -> warm.rested(off, SampleProgram.PYTHON)
                                                    .millis()),
                                    new Contender(Floor.NAME, () -> warm.bare(SampleProgram.PYTHON))));
        }
    }

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
            Requirement.hold(vmms.size() == MACHINES, "the daemon has " + vmms.size() + " machines");
            bench.add(scenario, Workbench.OURS, Unit.MEBIBYTES, Memory.proportionalMebibytes(vmms) / MACHINES);
        }
    }
}
