package io.neurovisor.bench.endurance;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.client.Pause;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * Puts a daemon under load, kills machines at random and the daemon once, stops it, and looks for what it has left. If its clients
 * lose nothing by that, it is stopped once before. The times follow from the seed; scheduling does not.
 */
public final class DaemonTrial {
    private static final Duration LAST_REQUESTS = Duration.ofMinutes(3);
    private static final int SHORTEST_CALM_MILLIS = 2000;
    private static final int LONGEST_CALM_MILLIS = 6000;

    private final EndurancePlan plan;
    private final Load load;
    private final Consumer<String> progress;
    private final Deadline end;

    private DaemonTrial(EndurancePlan plan, Load load, Consumer<String> progress) {
        this.plan = plan;
        this.load = load;
        this.progress = progress;
        this.end = Deadline.after(plan.duration(), Ticker.SYSTEM);
    }

    /** Runs the plan; {@code progress} receives a line for each event. */
    public static TrialResult of(EndurancePlan plan, Load load, Consumer<String> progress) {
        try (TestedDaemon daemon = TestedDaemon.start(plan.serve(), plan.socket(), plan.warm())) {
            progress.accept("the daemon serves");
            return new DaemonTrial(plan, load, progress).run(daemon);
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted("cancelled", exception);
        }
    }

    private TrialResult run(TestedDaemon daemon) throws InterruptedException {
        daemon.open();
        List<CompletableFuture<Void>> clients = new ArrayList<>();
        for (int number = 0; number < plan.clients(); number++) {
            int client = number;
            clients.add(begin(() -> load.use(daemon, client, end)));
        }
        Random random = new Random(~plan.seed());
        int machines = killMachines(daemon, random, plan.duration().dividedBy(2));
        Footprint before = killDaemon(daemon);
        load.later(daemon).forEach(work -> clients.add(begin(work)));
        int stopped = 0;
        if (load.outlivesDaemon()) {
            machines += killMachines(daemon, random, plan.duration().dividedBy(4));
            progress.accept("stopping the daemon");
            stopped = daemon.stop();
            before = restart(daemon);
        }
        machines += killMachines(daemon, random, Duration.ZERO);
        load.stopLater();
        join(clients);
        Footprint after = daemon.footprint();
        load.leave(daemon);
        int exitCode = Math.max(stopped, daemon.end());
        return new TrialResult(
                plan.duration(), plan.clients(), plan.seed(), machines, before, after, exitCode, left(daemon));
    }

    private List<String> left(TestedDaemon daemon) {
        List<String> left = new ArrayList<>(plan.leftovers().get());
        daemon.survivors().forEach(process -> left.add("process " + process.pid()));
        if (Files.exists(plan.socket())) {
            left.add("socket " + plan.socket());
        }
        return left;
    }

    private static CompletableFuture<Void> begin(Load.Work work) {
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
            Duration calm = Duration.ofMillis(random.nextInt(SHORTEST_CALM_MILLIS, LONGEST_CALM_MILLIS));
            Duration rest = end.remaining().minus(left);
            Pause.of(calm.compareTo(rest) < 0 ? calm : rest);
            List<ProcessHandle> machines = daemon.machines();
            if (!machines.isEmpty()
                    && machines.get(random.nextInt(machines.size())).destroyForcibly()) {
                killed++;
                progress.accept("killed a machine");
            }
        }
        return killed;
    }

    private Footprint killDaemon(TestedDaemon daemon) {
        progress.accept("killing the daemon");
        daemon.kill();
        return restart(daemon);
    }

    /** Restarts the daemon and returns the footprint of the new one before its first client. */
    private Footprint restart(TestedDaemon daemon) {
        daemon.restart();
        Footprint footprint = daemon.footprint();
        daemon.open();
        progress.accept("the daemon serves again");
        return footprint;
    }

    private static void join(List<CompletableFuture<Void>> clients) throws InterruptedException {
        try {
            Void _ = CompletableFuture.allOf(clients.toArray(CompletableFuture<?>[]::new))
                    .get(LAST_REQUESTS.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException exception) {
            throw new NeuroVisorException(
                    Fault.INTERNAL, "a client failed: " + exception.getCause(), exception.getCause());
        } catch (TimeoutException hanging) {
            // The report lists what has no end.
        }
    }
}
