package io.neurovisor.server.audit;

import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.trace.TraceId;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicBoolean;

/** An execution that the audit log has accepted. Only its first end is logged. */
public final class AuditedExecution {
    private final AuditLog log;
    private final InstantSource clock;
    private final AuditedCall call;
    private final TraceId traceId;
    private final AtomicBoolean isLogged = new AtomicBoolean();

    AuditedExecution(AuditLog log, InstantSource clock, AuditedCall call, TraceId traceId) {
        this.log = log;
        this.clock = clock;
        this.call = call;
        this.traceId = traceId;
    }

    public void ended(ExecutionResult result) {
        if (isLogged.compareAndSet(false, true)) {
            log.addLast(AuditLine.ended(clock.instant(), call, result));
        }
    }

    /** Logs the end of an execution without a result, such as one that got no machine. */
    public void failed(RuntimeException failure) {
        if (isLogged.compareAndSet(false, true)) {
            log.addLast(AuditLine.failed(clock.instant(), call, traceId, NeuroVisorException.faultOf(failure)));
        }
    }
}
