package io.neurovisor.session;

import io.neurovisor.database.Database;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * The sessions of the first version of the database, which have no owner. Their ids are known to others: they were
 * trace ids, which the status page shows and model servers receive, or they were logged. A process of that version may
 * still add more.
 */
record UnownedSessions(Database database) {
    /** Assigns an owner and a new id to each, in one transaction. Writes nothing if there are none. */
    void giveTo(SessionOwner owner) {
        if (!database.read(UnownedSessions::ids).isEmpty()) {
            database.change(handle -> ids(handle).forEach(id -> replace(handle, id, owner)));
        }
    }

    private static List<String> ids(Handle handle) {
        return handle.createQuery("SELECT id FROM session WHERE owner IS NULL ORDER BY rowid")
                .mapTo(String.class)
                .list();
    }

    /** Creates a new row and moves the runs to it, because they refer to the id. */
    private static void replace(Handle handle, String old, SessionOwner owner) {
        String id = SessionId.random().toString();
        handle.createUpdate("""
                        INSERT INTO session (id, begun_ms, used_ms, owner)
                        SELECT :id, begun_ms, used_ms, :owner FROM session WHERE id = :old
                        """)
                .bind("id", id)
                .bind("owner", owner.label())
                .bind("old", old)
                .execute();
        handle.createUpdate("UPDATE run SET session_id = :id WHERE session_id = :old")
                .bind("id", id)
                .bind("old", old)
                .execute();
        handle.createUpdate("DELETE FROM session WHERE id = :old")
                .bind("old", old)
                .execute();
    }
}
