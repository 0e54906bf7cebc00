package io.neurovisor.server.audit;

import static java.util.Objects.requireNonNull;

/**
 * What has brought an execution about.
 *
 * @param tenant who, as in {@code key:ci}
 * @param method of which service, as in {@code neurovisor.execution.ExecutionService/Execute}
 */
public record Call(String tenant, String method) {
    public Call {
        requireNonNull(tenant, "tenant is null");
        requireNonNull(method, "method is null");
    }
}
