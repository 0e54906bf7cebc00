package io.neurovisor.cli.speed;

import static java.util.Objects.requireNonNull;

import io.neurovisor.cli.daemon.OwnDaemon;
import io.neurovisor.cli.daemon.Pause;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.Lease;
import io.neurovisor.engine.pool.Order;
import io.neurovisor.engine.program.InputFile;
import io.neurovisor.engine.program.Interpreter;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.host.process.BackgroundTool;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.client.DaemonResult;
import io.neurovisor.server.trace.TraceIds;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

/** The scenarios with machines of one size. */
final class ScenarioRun {
    static final String OURS = "NeuroVisor";
    static final String OVERHEAD = "overhead";
    static final String WARM_PYTHON = "warm python";
    static final String CLONE = "clone to answer";
    static final String FRESH = "fresh clone";
    static final String START = "command";
    static final String BY_DAEMON = "NeuroVisor, daemon";
    static final String ALONE = "NeuroVisor, alone";
    static final String BURST_FULL = "burst of 100, 10 ready";
    static final String BURST_EMPTY = "burst of 100, none ready";
    static final String SUSTAINED = "sustained";
    static final String DENSITY = "memory of ";
    static final String OUTPUT = "output";
    static final String FILE = "file in";

    private static final int BURST = 100;
    private static final int TRANSFERRED_MEBIBYTES = 64;
    private static final Duration SLICE = Duration.ofSeconds(10);
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String PRIMED = "--prime";

    /** How long a machine has waited when it gets its program: the longer, the slower, and one that has just worked is quick. */
    private static final Duration REST = Duration.ofSeconds(1);

    private final Plan plan;
    private final SandboxSize size;
    private final NeuroVisor neuroVisor;
    private final Order order;
    private final Floor floor;
    private final Measurements measurements;
    private final Consumer<String> progress;

    ScenarioRun(
            Plan plan,
            SandboxSize size,
            NeuroVisor neuroVisor,
            Order order,
            Floor floor,
            Measurements measurements,
            Consumer<String> progress) {
        this.plan = requireNonNull(plan, "plan is null");
        this.size = requireNonNull(size, "size is null");
        this.neuroVisor = requireNonNull(neuroVisor, "neuroVisor is null");
        this.order = requireNonNull(order, "order is null");
        this.floor = requireNonNull(floor, "floor is null");
        this.measurements = requireNonNull(measurements, "measurements is null");
        this.progress = requireNonNull(progress, "progress is null");
    }

    void run(Scenario scenario) {
        progress.accept(size.label() + ", " + scenario.label());
        try {
            measure(scenario);
        } catch (NeuroVisorException exception) {
            if (exception.fault() == Fault.INTERRUPTED) {
                throw exception;
            }
            progress.accept(scenario.label() + " was not measured to its end: " + exception.getMessage());
        }
    }

    private void measure(Scenario scenario) {
        switch (scenario) {
            case WARM -> warm();
            case CLONE -> clones();
            case START -> start();
            case BURST -> bursts();
            case SUSTAINED -> sustained();
            case DENSITY -> density();
            case TRANSFER -> transfer();
        }
    }

    private void warm() {
        try (OwnDaemon daemon = daemon("warm", 1, 3)) {
            Rounds rounds = rounds(() -> daemon.awaitWarm(1));
            for (Sample sample : Sample.INTERPRETED) {
                List<Contender> contenders = new ArrayList<>();
                contenders.add(new Contender(OURS, () -> rested(daemon, sample)));
                contenders.add(new Contender(
                        Floor.NAME,
                        () -> floor.run(sample, PRIMED, "--rest", Long.toString(REST.toMillis()))
                                .request()));
                contenders.addAll(HostProgram.contenders(sample.language(), sample.code()));
                rounds.run(
                        "warm " + sample.language().label(),
                        sample.equals(Sample.PYTHON) ? plan.rounds(12, 40) : plan.rounds(4, 8),
                        contenders);
            }
            rounds.run(OVERHEAD, plan.rounds(12, 40), List.of(new Contender(OURS, () -> overhead(daemon))));
        }
    }

    private void clones() {
        try (OwnDaemon daemon = daemon("clone", 0, 2)) {
            Rounds rounds = rounds(() -> {});
            rounds.run(
                    CLONE,
                    plan.rounds(8, 30),
                    List.of(
                            new Contender(OURS, this::lease),
                            new Contender(
                                    Floor.NAME, () -> floor.run(Sample.PYTHON).reached("refresh"))));
            rounds.run(
                    FRESH,
                    plan.rounds(8, 30),
                    List.of(
                            new Contender(OURS, () -> whole(daemon, Sample.PYTHON)),
                            new Contender(
                                    Floor.NAME, () -> floor.run(Sample.PYTHON).reached("exit"))));
        }
    }

    private void start() {
        List<String> program = List.of("--language", "python", "-c", Sample.PYTHON.code());
        rounds(() -> {})
                .run(
                        "daemon to first machine",
                        plan.rounds(2, 10),
                        List.of(new Contender(
                                OURS,
                                () -> timed(() -> {
                                    try (OwnDaemon daemon = daemon("first", 1, 2)) {
                                        daemon.awaitWarm(1);
                                    }
                                }))));
        try (OwnDaemon daemon = daemon("start", 1, 3)) {
            rounds(() -> daemon.awaitWarm(1))
                    .run(
                            START,
                            plan.rounds(6, 20),
                            List.of(
                                    new Contender(
                                            BY_DAEMON,
                                            () -> HostProgram.timed(plan.commands()
                                                    .runByDaemon(
                                                            size, plan.scratch().resolve("start"), program))),
                                    new Contender(
                                            ALONE,
                                            () -> HostProgram.timed(
                                                    plan.commands().runAlone(size, program)))));
        }
    }

    private void bursts() {
        try (OwnDaemon daemon = daemon("full", 10, 12)) {
            daemon.awaitWarm(10);
            burst(BURST_FULL, daemon);
        }
        try (OwnDaemon daemon = daemon("empty", 0, 12)) {
            burst(BURST_EMPTY, daemon);
        }
    }

    /** Each from when all were sent to its own last byte. */
    private void burst(String scenario, OwnDaemon daemon) {
        Series.Key key = key(scenario, OURS);
        long beganNanos = System.nanoTime();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int number = 0; number < BURST; number++) {
                Future<?> _ = clients.submit(() -> {
                    try {
                        double _ = whole(daemon, Sample.PYTHON);
                        measurements.add(key, Measure.MILLISECONDS, (System.nanoTime() - beganNanos) / 1e6);
                    } catch (NeuroVisorException exception) {
                        progress.accept(scenario + ": " + exception.getMessage());
                        measurements.failed(key, Measure.MILLISECONDS);
                    }
                });
            }
        }
    }

    private void sustained() {
        int workers = Runtime.getRuntime().availableProcessors();
        try (OwnDaemon daemon = daemon("lasting", workers, 3 * workers)) {
            for (int slice = 0; slice < plan.rounds(2, 4); slice++) {
                daemon.awaitWarm(workers);
                rate(OURS, workers, () -> whole(daemon, Sample.PYTHON));
                daemon.awaitWarm(workers);
                rate(Floor.NAME, workers, () -> floor.run(Sample.PYTHON).reached("exit"));
            }
        }
    }

    private void rate(String contender, int workers, DoubleSupplier attempt) {
        long beganNanos = System.nanoTime();
        List<Callable<Integer>> loops = new ArrayList<>();
        for (int worker = 0; worker < workers; worker++) {
            loops.add(() -> {
                int done = 0;
                while (System.nanoTime() - beganNanos < SLICE.toNanos()) {
                    double _ = attempt.getAsDouble();
                    done++;
                }
                return done;
            });
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            int done = 0;
            for (Future<Integer> loop : threads.invokeAll(loops)) {
                done += loop.get();
            }
            measurements.add(
                    key(SUSTAINED, contender),
                    Measure.MACHINES_PER_SECOND,
                    done * 1e9 / (System.nanoTime() - beganNanos));
        } catch (ExecutionException exception) {
            progress.accept(SUSTAINED + ", " + contender + ": " + exception.getCause());
            measurements.failed(key(SUSTAINED, contender), Measure.MACHINES_PER_SECOND);
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw new NeuroVisorException(Fault.INTERRUPTED, "cancelled", interrupt);
        }
    }

    private void density() {
        for (int machines : plan.quick() ? new int[] {1, 10} : new int[] {1, 10, 50}) {
            try (OwnDaemon daemon = daemon("dense", machines, machines)) {
                daemon.awaitWarm(machines);
                memory(machines, OURS, daemon.vmms());
            }
            List<BackgroundTool> clones = new ArrayList<>();
            try {
                for (int number = 0; number < machines; number++) {
                    clones.add(floor.idle());
                }
                memory(
                        machines,
                        Floor.NAME,
                        clones.stream()
                                .flatMap(clone -> clone.handle().descendants())
                                .toList());
            } finally {
                clones.forEach(BackgroundTool::close);
            }
        }
    }

    private void memory(int machines, String contender, List<ProcessHandle> vmms) {
        measurements.add(
                key(DENSITY + machines, contender), Measure.MEBIBYTES, Memory.proportionalMebibytes(vmms) / machines);
    }

    private void transfer() {
        long bytes = (long) TRANSFERRED_MEBIBYTES << 20;
        String code =
                "import sys\nfor _ in range(" + TRANSFERRED_MEBIBYTES + "): sys.stdout.buffer.write(b'x' * (1 << 20))";
        ByteBuffer content = ByteBuffer.allocate(1 << 20);
        List<InputFile> files = new ArrayList<>();
        for (int number = 0; number < TRANSFERRED_MEBIBYTES; number++) {
            files.add(new InputFile("data/" + number, content, false));
        }
        Program printing = new Program(Language.PYTHON, code);
        Program reading = new Program(
                Language.PYTHON,
                Sample.PYTHON.code(),
                List.of(),
                Map.of(),
                ByteBuffer.allocate(0),
                files,
                Interpreter.WARM);
        try (OwnDaemon daemon = daemon("bytes", 1, 3)) {
            for (int round = 0; round < plan.rounds(2, 6); round++) {
                speed(OUTPUT, OURS, daemon, () -> {
                    Received received = execute(daemon, printing);
                    require(received.bytes() == bytes, "printed " + received.bytes() + " bytes");
                    return received.millis();
                });
                speed(
                        OUTPUT,
                        Floor.NAME,
                        daemon,
                        () -> floor.run("python", code, PRIMED).request());
                speed(FILE, OURS, daemon, () -> execute(daemon, reading).millis());
                speed(
                        FILE,
                        Floor.NAME,
                        daemon,
                        () -> floor.run(Sample.PYTHON, PRIMED, "--files", Integer.toString(TRANSFERRED_MEBIBYTES))
                                .request());
            }
        }
    }

    private void speed(String scenario, String contender, OwnDaemon daemon, DoubleSupplier millis) {
        daemon.awaitWarm(1);
        measurements.add(
                key(scenario, contender),
                Measure.MEBIBYTES_PER_SECOND,
                TRANSFERRED_MEBIBYTES * 1000 / millis.getAsDouble());
    }

    private double lease() {
        long beganNanos = System.nanoTime();
        try (Lease _ = neuroVisor.pool().lease(order)) {
            return (System.nanoTime() - beganNanos) / 1e6;
        }
    }

    /** In a machine that has waited as long as the bare one: it takes the place of one that has waited for longer. */
    private double rested(OwnDaemon daemon, Sample sample) {
        double _ = whole(daemon, sample);
        daemon.awaitWarm(1);
        Pause.of(REST);
        return whole(daemon, sample);
    }

    private double whole(OwnDaemon daemon, Sample sample) {
        return answer(daemon, sample).millis();
    }

    /** What of the whole is not the machine's: our service, its records and the wire between it and its client. */
    private double overhead(OwnDaemon daemon) {
        Received received = answer(daemon, Sample.PYTHON);
        return received.millis() - received.result().result().runTime().toNanos() / 1e6;
    }

    private Received answer(OwnDaemon daemon, Sample sample) {
        Received received = execute(daemon, new Program(sample.language(), sample.code()));
        require(received.text().strip().equals(Sample.ANSWER), "printed " + received.text());
        return received;
    }

    private Received execute(OwnDaemon daemon, Program program) {
        Received.Sink sink = new Received.Sink();
        ExecutionRequest request = new ExecutionRequest(TraceIds.next(), program, LIMIT, size);
        long beganNanos = System.nanoTime();
        DaemonResult result = daemon.client().execute(request, sink);
        return sink.received(result, (System.nanoTime() - beganNanos) / 1e6);
    }

    private static void require(boolean right, String otherwise) {
        if (!right) {
            throw new NeuroVisorException(Fault.TOOL_FAILED, otherwise);
        }
    }

    private static double timed(Runnable what) {
        long beganNanos = System.nanoTime();
        what.run();
        return (System.nanoTime() - beganNanos) / 1e6;
    }

    private OwnDaemon daemon(String name, int warm, int max) {
        var socket = plan.scratch().resolve(name);
        return OwnDaemon.start(
                plan.commands()
                        .serve(
                                size,
                                socket,
                                List.of("--warm=" + warm, "--max=" + max, "--acquire-timeout=5m", "--rate-limit=off")),
                socket);
    }

    private Rounds rounds(Runnable calm) {
        return new Rounds(size.label(), measurements, calm, progress);
    }

    private Series.Key key(String scenario, String contender) {
        return new Series.Key(size.label(), scenario, contender);
    }
}
