package io.neurovisor.server.audit;

import static java.util.Objects.requireNonNull;

/**
 * The origin of an execution.
 *
 * @param tenant such as {@code key:ci}
 * @param method the full name of the RPC, such as {@code neurovisor.execution.ExecutionService/Execute}
 */
public record AuditedCall(String tenant, String method) {
    public AuditedCall {
        requireNonNull(tenant, "tenant is null");
        requireNonNull(method, "method is null");
    }
}
