package io.neurovisor.engine.execution;

import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.VmId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The result of one execution.
 *
 * @param exit the program's end as reported by the guest, or by the host on its behalf
 * @param vmId the virtual machine that ran it, which has been destroyed
 * @param template the name of the template of which it was a clone; empty if it was booted
 * @param layers the layers that protected the host from that machine, as read when it was started
 * @param acquireTime the time from the request until a machine was ready
 * @param runTime the time from there until the last message of the guest
 * @param detail why a machine died, or what the program lacked, for people; usually empty
 */
public record ExecutionResult(
        TraceId traceId,
        ProgramExit exit,
        VmId vmId,
        Optional<String> template,
        List<LayerState> layers,
        Duration acquireTime,
        Duration runTime,
        String detail) {
    public ExecutionResult {
        layers = List.copyOf(layers);
    }

    /** Returns this result with another end of the program. */
    public ExecutionResult with(ProgramExit end) {
        return new ExecutionResult(traceId, end, vmId, template, layers, acquireTime, runTime, detail);
    }

    public Outcome outcome() {
        return exit.outcome();
    }
}
