package io.neurovisor.server.overview;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.program.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The state of an execution before its end, without its program.
 *
 * @param start the start of its machine, as far as the execution waited for it; empty if the machine was ready
 */
record TrackedExecution(CurrentExecution current, long beginNanos, Duration waited, Optional<Phase> start) {
    static TrackedExecution of(long number, ExecutionRequest request, Instant begun, long beginNanos) {
        return new TrackedExecution(
                new CurrentExecution(
                        number,
                        request.traceId().toString(),
                        request.program().language().label(),
                        request.size().label(),
                        begun,
                        ""),
                beginNanos,
                Duration.ZERO,
                Optional.empty());
    }

    TrackedExecution acquired(Machine machine, Duration waiting) {
        Duration ready = waiting.minus(machine.age());
        Duration begun = ready.minus(machine.startTime());
        Phase.Name name = machine.start().template().isPresent() ? Phase.Name.RESTORE : Phase.Name.BOOT;
        return new TrackedExecution(
                new CurrentExecution(
                        current.number(),
                        current.traceId(),
                        current.language(),
                        current.size(),
                        current.begun(),
                        machine.vmId().value()),
                beginNanos,
                waiting,
                ready.isPositive() ? Optional.of(phase(name, begun, ready)) : Optional.empty());
    }

    EndedExecution executed(ExecutionResult result, Duration total) {
        Duration run = result.runTime();
        Duration end = waited.plus(run);
        Duration program =
                result.exit().duration().compareTo(run) < 0 ? result.exit().duration() : run;
        List<Phase> phases = new ArrayList<>(waiting(waited));
        phases.add(Phase.of(Phase.Name.EXECUTE, waited, run));
        phases.add(Phase.of(Phase.Name.PROGRAM, waited.plus(run.minus(program).dividedBy(2)), program));
        phases.add(phase(Phase.Name.DESTROY, end, total));
        return ended(
                result.outcome().name(),
                result.outcome() == Outcome.COMPLETED,
                Optional.of(result),
                total,
                phases,
                detail(result));
    }

    EndedExecution failed(Throwable failure, Duration total) {
        List<Phase> phases = new ArrayList<>(waiting(current.waits() ? total : waited));
        if (!current.waits()) {
            phases.add(phase(Phase.Name.EXECUTE, waited, total));
        }
        return ended(NeuroVisorException.faultOf(failure).name(), false, Optional.empty(), total, phases, "");
    }

    private EndedExecution ended(
            String outcome,
            boolean completed,
            Optional<ExecutionResult> result,
            Duration total,
            List<Phase> phases,
            String detail) {
        return new EndedExecution(
                current.number(),
                current.traceId(),
                current.language(),
                current.size(),
                current.begun(),
                outcome,
                completed,
                result.map(some -> some.exit().exitCode()).orElse(null),
                current.vmId(),
                result.flatMap(ExecutionResult::template).orElse(""),
                result.map(TrackedExecution::liveLayers).orElse(List.of()),
                Phase.millis(total),
                phases,
                detail);
    }

    private List<Phase> waiting(Duration length) {
        List<Phase> phases = new ArrayList<>(List.of(Phase.of(Phase.Name.WAIT, Duration.ZERO, length)));
        start.ifPresent(phases::add);
        return phases;
    }

    /** Returns the phase between two times, of which the first may precede the execution. */
    private static Phase phase(Phase.Name name, Duration start, Duration end) {
        Duration from = start.isNegative() ? Duration.ZERO : start;
        return Phase.of(name, from, end.minus(from));
    }

    private static List<Integer> liveLayers(ExecutionResult result) {
        return result.layers().stream()
                .filter(state -> state.status() == LayerState.Status.LIVE)
                .map(state -> state.layer().number())
                .toList();
    }

    private static String detail(ExecutionResult result) {
        String killed = result.exit().details().killedProcess();
        return Overview.remark(result.detail().isEmpty() && !killed.isEmpty() ? "killed: " + killed : result.detail());
    }
}
