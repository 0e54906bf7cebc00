package io.neurovisor.server.audit;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.trace.TraceId;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicBoolean;

/** An execution of which the audit log knows that it was accepted. Its end is told once; more is ignored. */
public final class AuditedExecution {
    private final AuditLog log;
    private final InstantSource clock;
    private final Call call;
    private final TraceId traceId;
    private final AtomicBoolean told = new AtomicBoolean();

    AuditedExecution(AuditLog log, InstantSource clock, Call call, TraceId traceId) {
        this.log = requireNonNull(log, "log is null");
        this.clock = requireNonNull(clock, "clock is null");
        this.call = requireNonNull(call, "call is null");
        this.traceId = requireNonNull(traceId, "traceId is null");
    }

    public void ended(ExecutionResult result) {
        if (told.compareAndSet(false, true)) {
            log.addLast(AuditLine.ended(clock.instant(), call, result));
        }
    }

    /** For an execution without a result, such as one that had no machine. */
    public void failed(RuntimeException failure) {
        if (told.compareAndSet(false, true)) {
            log.addLast(AuditLine.failed(clock.instant(), call, traceId, NeuroVisorException.faultOf(failure)));
        }
    }
}
