/**
 * The execution service: programs of clients, run within the tenant's quota and recorded in the audit log. Executions with an
 * idempotency key run in their own threads, and their output is stored in the journal.
 */
@NullMarked
package io.neurovisor.server.grpc.execution;

import org.jspecify.annotations.NullMarked;
