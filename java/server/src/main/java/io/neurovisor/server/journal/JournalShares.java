package io.neurovisor.server.journal;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.time.Duration;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Divides the journal between tenants: each may use half of what the others leave.
 *
 * <p>A single tenant may use half, the next one a quarter, so a tenant without entries is always admitted. Nothing is
 * removed in favor of a tenant: what exceeds its share is rejected.
 *
 * @param executions the total of all tenants
 * @param bytes the total size of their output
 */
record JournalShares(long executions, long bytes) {
    static final JournalShares USUAL = new JournalShares(20_000, 2L << 30);

    private record Use(long executions, long bytes, long ownExecutions, long ownBytes) {
        long mostExecutions(JournalShares room) {
            return share(room.executions, executions - ownExecutions);
        }

        long mostBytes(JournalShares room) {
            return share(room.bytes, bytes - ownBytes);
        }

        private static long share(long all, long others) {
            return Math.ceilDiv(Math.max(0, all - others), 2L);
        }
    }

    /** @throws NeuroVisorException {@code JOURNAL_FULL} if the tenant's share is used up */
    void requireForExecution(Handle handle, String tenant, long nowMillis) {
        Use use = use(handle, tenant);
        if (use.ownExecutions >= use.mostExecutions(this) || use.ownBytes >= use.mostBytes(this)) {
            throw full(
                    "%s has %d executions with an idempotency key and %d MiB of their output in the journal; its limits are %d and %d MiB"
                                    .formatted(
                                            tenant,
                                            use.ownExecutions,
                                            use.ownBytes >> 20,
                                            use.mostExecutions(this),
                                            use.mostBytes(this) >> 20)
                            + " at present; each is kept for %d minutes after its end: call again then, or without a key"
                                    .formatted(ExecutionJournal.KEPT.toMinutes()),
                    firstEnd(handle, tenant)
                            .map(ended -> Duration.ofMillis(
                                    Math.max(1, ended + ExecutionJournal.KEPT.toMillis() + 1 - nowMillis))));
        }
    }

    /** @throws NeuroVisorException {@code JOURNAL_FULL} if this many more bytes would exceed the tenant's share */
    void requireForAnswer(Handle handle, String tenant, int more) {
        Use use = use(handle, tenant);
        if (use.ownBytes + more > use.mostBytes(this)) {
            throw full(
                    "%s has %d MiB of output in the journal; its limit is %d MiB at present; the rest of this output is truncated"
                            .formatted(tenant, use.ownBytes >> 20, use.mostBytes(this) >> 20),
                    Optional.empty());
        }
    }

    private static NeuroVisorException full(String message, Optional<Duration> delay) {
        return delay.map(some -> NeuroVisorException.later(Fault.JOURNAL_FULL, message, some))
                .orElseGet(() -> new NeuroVisorException(Fault.JOURNAL_FULL, message));
    }

    private static Use use(Handle handle, String tenant) {
        return handle.createQuery("""
                        SELECT count(*) AS executions, coalesce(sum(answer_bytes), 0) AS bytes,
                            count(*) FILTER (WHERE tenant = :tenant) AS own_executions,
                            coalesce(sum(answer_bytes) FILTER (WHERE tenant = :tenant), 0) AS own_bytes
                        FROM execution
                        """)
                .bind("tenant", tenant)
                .map((row, _) -> new Use(
                        row.getLong("executions"),
                        row.getLong("bytes"),
                        row.getLong("own_executions"),
                        row.getLong("own_bytes")))
                .one();
    }

    private static Optional<Long> firstEnd(Handle handle, String tenant) {
        return handle.createQuery(
                        "SELECT ended_ms FROM execution WHERE tenant = :tenant AND ended_ms IS NOT NULL ORDER BY ended_ms LIMIT 1")
                .bind("tenant", tenant)
                .mapTo(Long.class)
                .findOne();
    }
}
