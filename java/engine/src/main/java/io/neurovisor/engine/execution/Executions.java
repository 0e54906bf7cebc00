package io.neurovisor.engine.execution;

import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.machine.ProgramRun;
import io.neurovisor.engine.pool.Claimant;
import io.neurovisor.engine.pool.Lease;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/**
 * Runs programs: the one orchestration that all entry points call. Each execution uses a fresh machine, which is
 * killed before the result is returned. Safe for use by many threads.
 *
 * @param kinds returns the kind of machine for a request; may block to build an image, which does not count as
 *     waiting
 */
public record Executions(
        Function<ExecutionRequest, MachineKind> kinds, WarmPool pool, Ticker ticker, ExecutionListener listener) {
    /** Runs a program and blocks until it has ended, whatever its outcome; throws if no machine was available. */
    public ExecutionResult execute(ExecutionRequest request, OutputSink sink) {
        return execute(request, Claimant.LOCAL, Optional.empty(), sink);
    }

    /**
     * Runs a program for one of several claimants.
     *
     * @param deadline the time until which the caller waits; without a machine this throws shortly before it
     */
    public ExecutionResult execute(
            ExecutionRequest request, Claimant claimant, Optional<Deadline> deadline, OutputSink sink) {
        return execute(request, kind -> pool.lease(kind, claimant, deadline), sink);
    }

    private ExecutionResult execute(ExecutionRequest request, Function<MachineKind, Lease> leases, OutputSink sink) {
        listener.begun(request);
        try {
            return run(request, leases, sink);
        } catch (RuntimeException | Error failure) {
            listener.failed(request, failure);
            throw failure;
        }
    }

    private ExecutionResult run(ExecutionRequest request, Function<MachineKind, Lease> leases, OutputSink sink) {
        long startNanos = ticker.nanos();
        MachineKind kind = kinds.apply(request);
        ExecutionResult result;
        try (Lease lease = leases.apply(kind)) {
            Machine machine = lease.machine();
            long readyNanos = ticker.nanos();
            Duration acquireTime = Duration.ofNanos(readyNanos - startNanos);
            listener.acquired(request, machine, acquireTime);
            ProgramRun run = machine.run(request.program(), request.timeout(), request.traceId(), sink);
            result = new ExecutionResult(
                    request.traceId(),
                    run.exit(),
                    machine.vmId(),
                    machine.start().template(),
                    machine.layers(),
                    acquireTime,
                    Duration.ofNanos(ticker.nanos() - readyNanos),
                    run.detail());
        }
        listener.executed(request, result);
        return result;
    }
}
