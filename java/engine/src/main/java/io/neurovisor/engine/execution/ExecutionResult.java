package io.neurovisor.engine.execution;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.VmId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How one execution ended.
 *
 * @param exit what the guest, or the host on its behalf, says of the program's end
 * @param vmId the virtual machine that ran it and is destroyed by now
 * @param template the name of the template that it was cloned from; empty if it was booted
 * @param layers what protected the host from that machine, read off it when it was started
 * @param acquireTime from the request to a sandbox that answered
 * @param runTime from there to the last word of the guest
 * @param detail for a person: why a sandbox died, otherwise empty
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
        requireNonNull(traceId, "traceId is null");
        requireNonNull(exit, "exit is null");
        requireNonNull(vmId, "vmId is null");
        requireNonNull(template, "template is null");
        layers = List.copyOf(layers);
        requireNonNull(acquireTime, "acquireTime is null");
        requireNonNull(runTime, "runTime is null");
        requireNonNull(detail, "detail is null");
    }

    public Outcome outcome() {
        return exit.outcome();
    }
}
