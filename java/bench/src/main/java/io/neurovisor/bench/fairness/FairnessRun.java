package io.neurovisor.bench.fairness;

import io.neurovisor.bench.measure.Requirement;
import io.neurovisor.bench.measure.SampleProgram;
import io.neurovisor.bench.measure.TimedResult;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.fault.FaultKind;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.Claimant;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.engine.program.Program;
import io.neurovisor.server.client.Pause;
import io.neurovisor.server.trace.TraceIds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Measures the requests of one client of a daemon's pool: first alone, then next to a second client that always has requests
 * waiting.
 *
 * @param requests the number of requests that are measured in each part
 * @param threads the number of requests that the second client has at any time
 * @param share the most that the second client may have of the pool
 */
public record FairnessRun(Executions executions, SandboxSize size, int requests, int threads, PoolShare share) {
    private static final Claimant HONEST = new Claimant("honest", PoolShare.UNLIMITED);
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final Duration RETRY = Duration.ofMillis(100);

    /** The first requests do not count: they load and compile code. */
    private static final int REHEARSALS = 5;

    /** Blocks until all requests have been measured, which takes several minutes on a slow machine. */
    public FairnessReport measure() {
        List<Double> _ = honest(REHEARSALS);
        List<Double> alone = honest(requests);
        AtomicBoolean stopped = new AtomicBoolean();
        AtomicInteger served = new AtomicInteger();
        List<Thread> saturating = new ArrayList<>();
        for (int number = 0; number < threads; number++) {
            saturating.add(Thread.ofVirtual().start(() -> saturate(stopped, served)));
        }
        try {
            List<Double> _ = honest(REHEARSALS);
            int before = served.get();
            List<Double> contended = honest(requests);
            return new FairnessReport(alone, contended, threads, served.get() - before);
        } finally {
            stopped.set(true);
            saturating.forEach(FairnessRun::join);
        }
    }

    /** Sends one request after the other; returns the milliseconds that each took. */
    private List<Double> honest(int count) {
        List<Double> millis = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            long beganNanos = System.nanoTime();
            ExecutionResult result = execute(HONEST);
            Requirement.hold(result.exit().exitCode() == 0, "a program ended as " + result.outcome());
            millis.add((System.nanoTime() - beganNanos) / 1e6);
        }
        return millis;
    }

    private void saturate(AtomicBoolean stopped, AtomicInteger served) {
        Claimant saturating = new Claimant("saturating", share);
        while (!stopped.get()) {
            try {
                ExecutionResult _ = execute(saturating);
                served.incrementAndGet();
            } catch (NeuroVisorException refusal) {
                FaultKind kind = refusal.fault().kind();
                if (kind != FaultKind.CAPACITY && kind != FaultKind.SANDBOX) {
                    throw refusal;
                }
                Pause.of(RETRY);
            }
        }
    }

    private ExecutionResult execute(Claimant claimant) {
        Program program = new Program(SampleProgram.PYTHON.language(), SampleProgram.PYTHON.code());
        return executions.execute(
                new ExecutionRequest(TraceIds.next(), program, LIMIT, size),
                claimant,
                Optional.empty(),
                new TimedResult.Sink());
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        }
    }
}
