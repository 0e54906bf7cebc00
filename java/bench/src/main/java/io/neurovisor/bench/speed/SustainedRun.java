package io.neurovisor.bench.speed;

import io.neurovisor.bench.floor.Floor;
import io.neurovisor.bench.measure.SampleProgram;
import io.neurovisor.bench.measure.Unit;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.client.DaemonProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.DoubleSupplier;

/**
 * Measures how many fresh machines per second the host can run, with one worker per processor, and the processor time that daemon
 * and spawner take for each.
 */
record SustainedRun(Workbench bench) {
    static final String SUSTAINED = "sustained";
    static final String PER_PROCESSOR = "sustained, per processor";
    static final String HOST_TIME = "processor time of daemon and spawner, per execution";

    /** Code is loaded and compiled during the first hundreds of executions. */
    private static final int SETTLED = 500;

    void measure() {
        int workers = Runtime.getRuntime().availableProcessors();
        Duration slice = Duration.ofSeconds(bench.plan().rounds(6, 10));
        try (DaemonProcess daemon = bench.daemon("lasting", workers, 3 * workers)) {
            for (int round = 0; round < bench.plan().rounds(2, 4); round++) {
                daemon.awaitWarm(workers);
                rate(Workbench.OURS, workers, slice, () -> bench.whole(daemon, SampleProgram.PYTHON));
                daemon.awaitWarm(workers);
                rate(
                        Floor.NAME,
                        workers,
                        slice,
                        () -> bench.floor().run(SampleProgram.PYTHON).reached("exit"));
            }
            hostTime(daemon);
        }
    }

    /** Each execution takes a machine, so its share includes start, priming and removal of one. */
    private void hostTime(DaemonProcess daemon) {
        run(daemon, bench.plan().rounds(0, SETTLED));
        int executions = bench.plan().rounds(10, 100);
        Duration before = daemon.processorTime();
        run(daemon, executions);
        bench.add(
                HOST_TIME,
                Workbench.OURS,
                Unit.MILLISECONDS,
                daemon.processorTime().minus(before).toNanos() / 1e6 / executions);
    }

    private void run(DaemonProcess daemon, int executions) {
        for (int execution = 0; execution < executions; execution++) {
            double _ = bench.whole(daemon, SampleProgram.PYTHON);
        }
    }

    private void rate(String contender, int workers, Duration slice, DoubleSupplier attempt) {
        long beganNanos = System.nanoTime();
        List<Callable<Integer>> loops = new ArrayList<>();
        for (int worker = 0; worker < workers; worker++) {
            loops.add(() -> {
                int done = 0;
                while (System.nanoTime() - beganNanos < slice.toNanos()) {
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
            double rate = done * 1e9 / (System.nanoTime() - beganNanos);
            bench.add(SUSTAINED, contender, Unit.MACHINES_PER_SECOND, rate);
            bench.add(PER_PROCESSOR, contender, Unit.MACHINES_PER_SECOND, rate / workers);
        } catch (ExecutionException exception) {
            bench.progress().accept(SUSTAINED + ", " + contender + ": " + exception.getCause());
            bench.measurements().failed(bench.key(SUSTAINED, contender), Unit.MACHINES_PER_SECOND);
        } catch (InterruptedException interrupt) {
            throw NeuroVisorException.interrupted("cancelled", interrupt);
        }
    }
}
