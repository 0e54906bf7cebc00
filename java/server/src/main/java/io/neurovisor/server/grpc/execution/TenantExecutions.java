package io.neurovisor.server.grpc.execution;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.pool.Claimant;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.server.access.Quotas;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.audit.AuditLog;
import io.neurovisor.server.audit.AuditedCall;
import io.neurovisor.server.audit.AuditedExecution;
import java.util.Optional;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs programs for the tenant of a call: within its quota, and after the execution is recorded in the audit log. */
public record TenantExecutions(Executions executions, Quotas quotas, AuditLog audit) {
    private static final Logger LOG = LoggerFactory.getLogger(TenantExecutions.class);

    /**
     * Runs a program as {@link Executions#execute(ExecutionRequest, Claimant, Optional, OutputSink)} does.
     *
     * @param method the full name of the called method
     * @param deadline of the call, if it has one
     */
    ExecutionResult execute(String method, ExecutionRequest request, Optional<Deadline> deadline, OutputSink sink) {
        return execute(Tenant.ofCall(), method, request, deadline, sink);
    }

    /** Returns a function that other threads may call for the tenant of this call, without its deadline. */
    public BiFunction<ExecutionRequest, OutputSink, ExecutionResult> of(String method) {
        Tenant tenant = Tenant.ofCall();
        return (request, sink) -> execute(tenant, method, request, Optional.empty(), sink);
    }

    private ExecutionResult execute(
            Tenant tenant, String method, ExecutionRequest request, Optional<Deadline> deadline, OutputSink sink) {
        quotas.admit(tenant);
        AuditedExecution audited = audit.accept(new AuditedCall(tenant.label(), method), request);
        try {
            ExecutionResult result = executions.execute(request, tenant.claimant(), deadline, sink);
            audited.ended(result);
            log(request, result);
            return result;
        } catch (RuntimeException failure) {
            audited.failed(failure);
            // The message may contain a client's text; the fault does not.
            LOG.info("{} was not run: {}", language(request), NeuroVisorException.faultOf(failure));
            throw failure;
        }
    }

    /** Logs neither the program nor its output. */
    private static void log(ExecutionRequest request, ExecutionResult result) {
        LOG.atInfo()
                .addKeyValue("language", language(request))
                .addKeyValue("outcome", result.outcome().name())
                .addKeyValue("exit_code", result.exit().exitCode())
                .addKeyValue("vm_id", result.vmId().value())
                .addKeyValue("acquire_ms", result.acquireTime().toMillis())
                .addKeyValue("run_ms", result.runTime().toMillis())
                .log(
                        "{} in {}: {}, exit code {}; waited {} ms for the machine, ran for {} ms",
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
