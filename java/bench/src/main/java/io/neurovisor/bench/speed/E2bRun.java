package io.neurovisor.bench.speed;

import io.neurovisor.bench.measure.Contender;
import io.neurovisor.bench.measure.Memory;
import io.neurovisor.bench.measure.TemporaryKeys;
import io.neurovisor.bench.measure.Unit;
import io.neurovisor.bench.sandbox.E2bSandbox;
import io.neurovisor.bench.sandbox.ServedSandbox;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.server.access.keys.KeySpelling;
import io.neurovisor.server.access.keys.Scope;
import io.neurovisor.server.client.DaemonProcess;
import io.neurovisor.server.client.sandbox.SandboxClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.DoubleSupplier;

/**
 * Measures E2B's API relative to the service's own gRPC calls, in one sandbox and by one client over HTTP/1.1, and what the port
 * takes. A request that is answered without a body is the least that HTTP takes here.
 */
record E2bRun(Workbench bench) {
    private static final String GRPC = "NeuroVisor, gRPC";
    private static final String WITHOUT_PORT = "NeuroVisor, no HTTP port";
    private static final String HEALTH = "HTTP, no body";

    private static final String STARTED = "E2B, start of true";
    private static final String CREATED = "E2B, sandbox created";
    private static final String FILE_IN = "E2B, file in";
    private static final String FILE_OUT = "E2B, file out";
    private static final String OUTPUTS = "E2B, 50 outputs at once";
    private static final String START = "start of the daemon";
    private static final String MEMORY = "memory of the daemon after its start";

    private static final int FILE_MEBIBYTES = 64;
    private static final int STREAMS = 50;
    private static final String PORT = "--http-port=0";

    /** Until the code of the first requests is compiled. */
    private static final int REHEARSALS = 5;

    void measure() {
        try (TemporaryKeys keys = bench.plan().keys().get()) {
            String key = keys.create(1, PoolShare.UNLIMITED, Set.of(Scope.SANDBOX, Scope.EXECUTE))
                    .getFirst();
            create(key);
            use(key);
        }
        start();
    }

    private void create(String key) {
        Path socket = bench.socket("e2b-create");
        try (DaemonProcess daemon = bench.daemon("e2b-create", 1, 4, "--max-sandboxes=3", PORT);
                SandboxClient client = SandboxClient.connect(socket, Optional.of(key))) {
            E2bSandbox.Api api = api(daemon, key);
            bench.rounds(() -> daemon.awaitWarm(1))
                    .run(
                            CREATED,
                            bench.plan().rounds(6, 20),
                            List.of(
                                    new Contender(Workbench.OURS, () -> E2bSandbox.timedCreation(api)),
                                    new Contender(GRPC, () -> ServedSandbox.timedCreation(client))));
        }
    }

    private static E2bSandbox.Api api(DaemonProcess daemon, String key) {
        return E2bSandbox.Api.of(daemon.httpAddress(), KeySpelling.toE2b(key).orElseThrow());
    }

    private void use(String key) {
        try (DaemonProcess daemon = bench.daemon("e2b", 0, 2, "--max-sandboxes=2", PORT);
                E2bSandbox sandbox = E2bSandbox.create(api(daemon, key));
                ServedSandbox same = ServedSandbox.of(bench.socket("e2b"), key, sandbox.id())) {
            bench.rounds(() -> {})
                    .withRehearsals(REHEARSALS)
                    .run(
                            STARTED,
                            bench.plan().rounds(10, 40),
                            List.of(
                                    new Contender(Workbench.OURS, () -> sandbox.run("true", List.of(), 0)),
                                    new Contender(GRPC, () -> same.start("true")),
                                    new Contender(HEALTH, sandbox::health)));
            int bytes = FILE_MEBIBYTES << 20;
            for (int round = 0; round < bench.plan().rounds(2, 5); round++) {
                rate(FILE_IN, Workbench.OURS, FILE_MEBIBYTES, sandbox.write(bytes));
                rate(FILE_OUT, Workbench.OURS, FILE_MEBIBYTES, sandbox.read(bytes));
                rate(FILE_IN, GRPC, FILE_MEBIBYTES, same.write(bytes));
                rate(FILE_OUT, GRPC, FILE_MEBIBYTES, same.read(bytes));
                rate(OUTPUTS, Workbench.OURS, STREAMS, atOnce(() -> sandbox.run("head", output(), 1 << 20)));
                rate(OUTPUTS, GRPC, STREAMS, atOnce(() -> same.output(1 << 20)));
            }
        }
    }

    private static List<String> output() {
        return List.of("-c", Integer.toString(1 << 20), "/dev/zero");
    }

    /** Returns the milliseconds until the last of the streams has ended. */
    private static double atOnce(DoubleSupplier stream) {
        long beganNanos = System.nanoTime();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Double>> streams = new ArrayList<>();
            for (int number = 0; number < STREAMS; number++) {
                streams.add(threads.submit(stream::getAsDouble));
            }
            for (Future<Double> one : streams) {
                double _ = one.get();
            }
        } catch (ExecutionException exception) {
            throw exception.getCause() instanceof NeuroVisorException known
                    ? known
                    : new IllegalStateException(exception.getCause());
        } catch (InterruptedException interrupt) {
            throw NeuroVisorException.interrupted("cancelled", interrupt);
        }
        return (System.nanoTime() - beganNanos) / 1e6;
    }

    private void rate(String scenario, String contender, int mebibytes, double millis) {
        bench.add(scenario, contender, Unit.MEBIBYTES_PER_SECOND, mebibytes * 1000 / millis);
    }

    private void start() {
        bench.rounds(() -> {})
                .run(
                        START,
                        bench.plan().rounds(2, 10),
                        List.of(
                                new Contender(Workbench.OURS, () -> start(Workbench.OURS, PORT)),
                                new Contender(WITHOUT_PORT, () -> start(WITHOUT_PORT, "--http-port=off"))));
    }

    private double start(String contender, String port) {
        long beganNanos = System.nanoTime();
        try (DaemonProcess daemon = bench.daemon("e2b-start", 0, 1, port)) {
            if (contender.equals(Workbench.OURS)) {
                String _ = daemon.httpAddress();
            }
            double millis = (System.nanoTime() - beganNanos) / 1e6;
            bench.add(MEMORY, contender, Unit.MEBIBYTES, Memory.proportionalMebibytes(List.of(daemon.handle())));
            return millis;
        }
    }

    /** Returns the targets of scenario {@code e2b}. */
    static List<Target> targets(Target.Figures figures) {
        String size = figures.size();
        return List.of(
                Target.most(size, "start of true by E2B's API, beside gRPC", ratio(figures, STARTED), 1.5),
                new Target(
                        "sandbox created by E2B's API, above gRPC",
                        size,
                        Unit.MILLISECONDS.symbol(),
                        above(figures, CREATED, GRPC),
                        10,
                        true),
                Target.least(size, "file of 64 MiB in by E2B's API, beside gRPC", ratio(figures, FILE_IN), 0.8),
                Target.least(size, "file of 64 MiB out by E2B's API, beside gRPC", ratio(figures, FILE_OUT), 0.8),
                Target.least(size, "50 outputs at once by E2B's API, beside gRPC", ratio(figures, OUTPUTS), 0.8),
                new Target(
                        "start of the daemon with the HTTP port, above without",
                        size,
                        Unit.MILLISECONDS.symbol(),
                        above(figures, START, WITHOUT_PORT),
                        150,
                        true),
                new Target(
                        "memory of the daemon with the HTTP port, above without",
                        size,
                        Unit.MEBIBYTES.symbol(),
                        above(figures, MEMORY, WITHOUT_PORT),
                        15,
                        true));
    }

    private static double ratio(Target.Figures figures, String scenario) {
        return figures.median(scenario, Workbench.OURS) / figures.median(scenario, GRPC);
    }

    private static double above(Target.Figures figures, String scenario, String other) {
        return figures.median(scenario, Workbench.OURS) - figures.median(scenario, other);
    }
}
