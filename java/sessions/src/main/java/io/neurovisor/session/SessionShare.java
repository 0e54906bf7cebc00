package io.neurovisor.session;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import org.jdbi.v3.core.Handle;

/**
 * The limit for the sessions of one owner. A run that would begin beyond the limit is rejected; one that has begun is
 * recorded completely, and nothing is removed in favor of a new one.
 *
 * @param sessions of one owner
 * @param bytes of their texts and rows together
 */
record SessionShare(long sessions, long bytes) {
    static final SessionShare USUAL = new SessionShare(10_000, 1L << 30);

    private record Use(long sessions, long bytes) {}

    /** @throws NeuroVisorException {@code SESSIONS_FULL} if the owner's share is used up */
    void require(Handle handle, SessionOwner owner, boolean isNew) {
        Use use = handle.createQuery(
                        "SELECT count(*) AS sessions, coalesce(sum(bytes), 0) AS bytes FROM session WHERE owner = :owner")
                .bind("owner", owner.label())
                .map((row, _) -> new Use(row.getLong("sessions"), row.getLong("bytes")))
                .one();
        if (use.bytes >= bytes || (isNew && use.sessions >= sessions)) {
            throw new NeuroVisorException(
                    Fault.SESSIONS_FULL,
                    "%s has %d sessions of %d MiB; the limits of an owner are %d and %d MiB; delete some with ./neurovisor sessions delete or gc, or do not record with --no-history (no_history in a request)"
                            .formatted(owner, use.sessions, use.bytes >> 20, sessions, bytes >> 20));
        }
    }
}
