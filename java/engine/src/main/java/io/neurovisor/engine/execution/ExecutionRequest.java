package io.neurovisor.engine.execution;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.trace.TraceId;
import java.time.Duration;

/**
 * One program to run in a sandbox of its own.
 *
 * @param timeout 1 second to 24 hours; enforced in the guest and, should the guest fail to, on the host
 */
public record ExecutionRequest(TraceId traceId, Program program, Duration timeout, SandboxSize size) {
    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);
    public static final Duration MAX_TIMEOUT = Duration.ofHours(24);

    public ExecutionRequest {
        requireNonNull(traceId, "traceId is null");
        requireNonNull(program, "program is null");
        requireNonNull(size, "size is null");
        if (timeout.compareTo(Duration.ofSeconds(1)) < 0 || timeout.compareTo(MAX_TIMEOUT) > 0) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT,
                    "timeout of " + timeout.toSeconds() + " s is out of range; use 1 s to 24 h");
        }
    }
}
