package io.neurovisor.server.sandbox;

import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.audit.AuditLog;
import io.neurovisor.server.audit.AuditedCall;
import io.neurovisor.server.audit.AuditedChange;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Records what the tenant of the running call changes in the audit log.
 *
 * @param trace returns the trace of the running call
 */
public record SandboxAudit(AuditLog log, Supplier<TraceId> trace) {
    /** The service whose methods change sandboxes. */
    static final String SERVICE = "neurovisor.sandbox.v1.SandboxService/";

    /** Records a change that is not made without its line. */
    void require(String event, String method, Map<String, String> details) {
        log.require(change(event, method, details));
    }

    /** Records a change that has been made. */
    void log(String event, String method, Map<String, String> details) {
        log.log(change(event, method, details));
    }

    private AuditedChange change(String event, String method, Map<String, String> details) {
        return new AuditedChange(
                event, trace.get(), new AuditedCall(Tenant.ofCall().label(), method), new TreeMap<>(details));
    }
}
