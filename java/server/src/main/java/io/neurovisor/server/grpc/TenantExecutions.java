package io.neurovisor.server.grpc;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.pool.Claimant;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.server.access.Quotas;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.audit.AuditLog;
import io.neurovisor.server.audit.AuditedExecution;
import io.neurovisor.server.audit.Call;
import java.util.Optional;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs programs for the tenant of the call that is served: within its quota, and with the audit log knowing of it first. */
public final class TenantExecutions {
    private static final Logger LOG = LoggerFactory.getLogger(TenantExecutions.class);

    private final Executions executions;
    private final Quotas quotas;
    private final AuditLog audit;

    public TenantExecutions(Executions executions, Quotas quotas, AuditLog audit) {
        this.executions = requireNonNull(executions, "executions is null");
        this.quotas = requireNonNull(quotas, "quotas is null");
        this.audit = requireNonNull(audit, "audit is null");
    }

    /**
     * As {@link Executions#execute(ExecutionRequest, Claimant, Optional, OutputSink)}.
     *
     * @param method of the service that has been called
     * @param deadline of the caller, who may have none
     */
    ExecutionResult execute(String method, ExecutionRequest request, Optional<Deadline> deadline, OutputSink sink) {
        return execute(tenant(), method, request, deadline, sink);
    }

    /** The same for the threads that work for a call: for its tenant, and for as long as they like. */
    BiFunction<ExecutionRequest, OutputSink, ExecutionResult> of(String method) {
        Tenant tenant = tenant();
        return (request, sink) -> execute(tenant, method, request, Optional.empty(), sink);
    }

    /** For whom the call is served. */
    static Tenant tenant() {
        return Tenant.current()
                .orElseThrow(() -> new NeuroVisorException(Fault.INTERNAL, "a call was let in for nobody"));
    }

    private ExecutionResult execute(
            Tenant tenant, String method, ExecutionRequest request, Optional<Deadline> deadline, OutputSink sink) {
        quotas.admit(tenant);
        AuditedExecution audited = audit.accept(new Call(tenant.label(), method), request);
        try {
            ExecutionResult result = executions.execute(request, tenant.claimant(), deadline, sink);
            audited.ended(result);
            told(request, result);
            return result;
        } catch (RuntimeException failure) {
            audited.failed(failure);
            // Its text may have a client's words in it; the fault has not.
            LOG.info("{} was not run: {}", language(request), NeuroVisorException.faultOf(failure));
            throw failure;
        }
    }

    /** Neither what was run nor what it said. */
    private static void told(ExecutionRequest request, ExecutionResult result) {
        LOG.atInfo()
                .addKeyValue("language", language(request))
                .addKeyValue("outcome", result.outcome().name())
                .addKeyValue("exit_code", result.exit().exitCode())
                .addKeyValue("vm_id", result.vmId().value())
                .addKeyValue("acquire_ms", result.acquireTime().toMillis())
                .addKeyValue("run_ms", result.runTime().toMillis())
                .log(
                        "{} in {}: {}, exit code {}, a sandbox in {} ms, then {} ms",
                        language(request),
                        result.vmId(),
                        result.outcome(),
                        result.exit().exitCode(),
                        result.acquireTime().toMillis(),
                        result.runTime().toMillis());
    }

    private static String language(ExecutionRequest request) {
        return request.program().language().label();
    }
}
