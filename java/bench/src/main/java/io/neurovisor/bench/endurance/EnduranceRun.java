package io.neurovisor.bench.endurance;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.host.process.ToolCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Puts a daemon under the load of several clients, kills machines at random, and kills the daemon once. The requests and the
 * times follow from the seed; scheduling does not.
 */
public final class EnduranceRun {
    private static final Duration LAST_REQUESTS = Duration.ofMinutes(3);
    private static final int SHORTEST_CALM_MILLIS = 2000;
    private static final int LONGEST_CALM_MILLIS = 6000;

    private final Plan plan;
    private final Deadline end;
    private final Ledger ledger = new Ledger();
    private final Queue<Duration> alone = new ConcurrentLinkedQueue<>();
    private final Queue<Duration> contended = new ConcurrentLinkedQueue<>();
    private final Consumer<String> progress;

    /**
     * The parameters of a run.
     *
     * @param serve the command of the daemon, which serves at {@code socket} and keeps {@code warm} machines ready
     * @param audit the directory of its audit log
     * @param tenants the keys of the clients; hostile clients start after the daemon was restarted
     * @param leftovers returns a line for each thing that dead runs have left on this machine
     */
    public record Plan(
            ToolCommand serve,
            Path socket,
            int warm,
            Path audit,
            Supplier<List<String>> leftovers,
            SandboxSize size,
            int clients,
            Tenants tenants,
            Duration duration,
            long seed) {}

    private EnduranceRun(Plan plan, Consumer<String> progress) {
        this.plan = plan;
        this.progress = progress;
        this.end = Deadline.after(plan.duration(), Ticker.SYSTEM);
    }

    /** Runs the plan; {@code progress} receives a line for each event. */
    public static EnduranceReport of(Plan plan, Consumer<String> progress) {
        try (TestedDaemon daemon = TestedDaemon.start(plan.serve(), plan.socket(), plan.warm())) {
            progress.accept("the daemon serves");
            return new EnduranceRun(plan, progress).run(daemon);
        }
    }

    private EnduranceReport run(TestedDaemon daemon) {
        daemon.open();
        List<CompletableFuture<Void>> clients = new ArrayList<>();
        for (int number = 0; number < plan.clients(); number++) {
            clients.add(begin(
                    new Random(plan.seed() + number), daemon, new HonestClient(daemon, key(number), plan.size())));
        }
        Random random = new Random(~plan.seed());
        int machines = killMachines(daemon, random, plan.duration().dividedBy(2));
        Footprint before = killDaemon(daemon);
        List<HostileClient> hostile = beginHostile(daemon, clients);
        machines += killMachines(daemon, random, Duration.ZERO);
        hostile.forEach(HostileClient::stop);
        join(clients);
        Footprint after = daemon.footprint();
        int exitCode = daemon.end();
        AuditTrail audit = AuditTrail.read(plan.audit(), ledger.requests());
        List<String> left = new ArrayList<>(plan.leftovers().get());
        daemon.survivors().forEach(process -> left.add("process " + process.pid()));
        if (Files.exists(plan.socket())) {
            left.add("socket " + plan.socket());
        }
        return new EnduranceReport(
                plan.duration(),
                plan.clients(),
                plan.seed(),
                ledger,
                latencies(hostile),
                machines,
                before,
                after,
                exitCode,
                audit,
                left);
    }

    private Optional<String> key(int number) {
        return plan.tenants().honest().stream().skip(number).findFirst();
    }

    private CompletableFuture<Void> begin(Random random, TestedDaemon daemon, HonestClient client) {
        return begin(() -> {
            while (!end.hasPassed()) {
                ClientRequest request = new ClientRequest(
                        RequestKind.next(random), UUID.randomUUID().toString());
                ledger.begin(request);
                int killed = daemon.killed();
                RequestOutcome outcome = client.run(request);
                ledger.end(request, outcome);
                if (request.kind() == RequestKind.GREETING
                        && outcome.how() == RequestOutcome.How.RIGHT
                        && daemon.killed() == killed) {
                    (killed == 0 ? alone : contended).add(outcome.took());
                }
            }
        });
    }

    private List<HostileClient> beginHostile(TestedDaemon daemon, List<CompletableFuture<Void>> threads) {
        List<HostileClient> hostile = new ArrayList<>();
        for (String key : plan.tenants().hostile()) {
            HostileClient client = new HostileClient(daemon, key, plan.size());
            Random random = new Random(plan.seed() - hostile.size() - 1);
            hostile.add(client);
            threads.add(begin(() -> client.run(random)));
        }
        return hostile;
    }

    private Optional<HostileTraffic> latencies(List<HostileClient> hostile) {
        return hostile.isEmpty()
                ? Optional.empty()
                : Optional.of(HostileTraffic.of(hostile, new Latencies(List.copyOf(alone), List.copyOf(contended))));
    }

    private interface Work {
        void run() throws InterruptedException;
    }

    private static CompletableFuture<Void> begin(Work work) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread _ = Thread.ofPlatform().daemon().name("client").start(() -> {
            try {
                work.run();
                boolean _ = done.complete(null);
            } catch (InterruptedException | RuntimeException failure) {
                boolean _ = done.completeExceptionally(failure);
            }
        });
        return done;
    }

    /** Kills machines until {@code left} remains of the run, and returns their number. */
    private int killMachines(TestedDaemon daemon, Random random, Duration left) {
        int killed = 0;
        while (end.remaining().compareTo(left) > 0) {
            rest(Math.min(
                    random.nextInt(SHORTEST_CALM_MILLIS, LONGEST_CALM_MILLIS),
                    end.remaining().minus(left).toMillis()));
            List<ProcessHandle> machines = daemon.machines();
            if (!machines.isEmpty()
                    && machines.get(random.nextInt(machines.size())).destroyForcibly()) {
                killed++;
                progress.accept("killed a machine");
            }
        }
        return killed;
    }

    /** Kills and restarts the daemon, and returns the footprint of the new one before its first client. */
    private Footprint killDaemon(TestedDaemon daemon) {
        progress.accept("killing the daemon");
        daemon.kill();
        daemon.restart();
        Footprint footprint = daemon.footprint();
        daemon.open();
        progress.accept("the daemon serves again");
        return footprint;
    }

    private static void rest(long millis) {
        try {
            boolean _ = new CountDownLatch(1).await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted("cancelled", exception);
        }
    }

    private static void join(List<CompletableFuture<Void>> clients) {
        try {
            Void _ = CompletableFuture.allOf(clients.toArray(CompletableFuture<?>[]::new))
                    .get(LAST_REQUESTS.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted("cancelled", exception);
        } catch (ExecutionException exception) {
            throw new NeuroVisorException(
                    Fault.INTERNAL, "a client failed: " + exception.getCause(), exception.getCause());
        } catch (TimeoutException hanging) {
            // The report lists their requests, which have no outcome.
        }
    }
}
