package io.neurovisor.tests.hostile.programs;

import io.neurovisor.tests.fixtures.FinishedProgram;
import io.neurovisor.tests.fixtures.OpenedNeuroVisor;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** Runs hostile programs on a node in several threads until it is closed. */
final class HostileNeighbours implements AutoCloseable {
    private final List<String> objections = new CopyOnWriteArrayList<>();
    private final AtomicInteger count = new AtomicInteger();
    private final ExecutorService threads;
    private volatile boolean wanted = true;

    HostileNeighbours(OpenedNeuroVisor node, List<HostileProgram> programs, Random random, int number) {
        threads = Executors.newFixedThreadPool(number);
        for (int i = 0; i < number; i++) {
            Random own = new Random(random.nextLong());
            threads.execute(() -> {
                while (wanted) {
                    run(node, programs.get(own.nextInt(programs.size())));
                }
            });
        }
    }

    private void run(OpenedNeuroVisor node, HostileProgram program) {
        try {
            FinishedProgram end = program.runOn(node);
            HostileJudge.objections(program.header(), end)
                    .forEach(objection -> objections.add(program + ": " + objection));
        } catch (RuntimeException e) {
            objections.add(program + ": " + e);
        }
        count.incrementAndGet();
    }

    int count() {
        return count.get();
    }

    List<String> objections() {
        return objections;
    }

    /** Stops, and waits for the running programs. */
    @Override
    public void close() {
        wanted = false;
        threads.close();
    }
}
