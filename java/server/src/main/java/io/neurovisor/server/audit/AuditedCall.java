package io.neurovisor.server.audit;

/**
 * The origin of an execution.
 *
 * @param tenant such as {@code key:ci}
 * @param method the full name of the RPC, such as {@code neurovisor.execution.ExecutionService/Execute}
 */
public record AuditedCall(String tenant, String method) {}
