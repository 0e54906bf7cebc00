package io.neurovisor.session;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import org.jdbi.v3.core.Handle;

/**
 * The most that is kept of one owner's sessions. A run that would begin beyond it is refused; one that has begun is recorded to
 * its end, and nothing is removed for it.
 *
 * @param sessions of one owner
 * @param bytes of their texts and rows together
 */
record SessionShare(long sessions, long bytes) {
    static final SessionShare USUAL = new SessionShare(10_000, 1L << 30);

    private record Use(long sessions, long bytes) {}

    /** @throws NeuroVisorException {@code SESSIONS_FULL} where the owner has its share already */
    void require(Handle handle, SessionOwner owner, boolean isNew) {
        Use use = handle.createQuery(
                        "SELECT count(*) AS sessions, coalesce(sum(bytes), 0) AS bytes FROM session WHERE owner = :owner")
                .bind("owner", owner.label())
                .map((row, _) -> new Use(row.getLong("sessions"), row.getLong("bytes")))
                .one();
        if (use.bytes >= bytes || (isNew && use.sessions >= sessions)) {
            throw new NeuroVisorException(
                    Fault.SESSIONS_FULL,
                    "%s has %d sessions of %d MiB, of the %d and %d MiB that are kept of one owner; delete some with ./neurovisor sessions delete or gc, or record no more with --no-history (no_history in a request)"
                            .formatted(owner, use.sessions, use.bytes >> 20, sessions, bytes >> 20));
        }
    }
}
