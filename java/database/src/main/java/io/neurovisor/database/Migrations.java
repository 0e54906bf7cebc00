package io.neurovisor.database;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.nio.file.Path;
import java.util.List;
import org.jdbi.v3.core.Handle;

/** Migrates a database to the newest version of its schema; messages name the {@code file}. */
record Migrations(Path file, Schema schema) {
    /** Migrates the database. The caller must have exclusive access. A database that is rejected is not changed. */
    void run(Handle handle) {
        int version = number(handle, "PRAGMA user_version");
        refuseNewer(version);
        refuseForeign(handle, version);
        if (version == 0) {
            // Must run before the first table is created. Deleted pages then leave the file.
            handle.execute("PRAGMA auto_vacuum = FULL");
            handle.execute("PRAGMA application_id = " + schema.applicationId());
        }
        // Allows readers during a write; each commit is one append.
        handle.execute("PRAGMA journal_mode = WAL");
        for (int next = version; next < schema.versions().size(); next++) {
            List<String> statements = schema.versions().get(next);
            String stamp = "PRAGMA user_version = " + (next + 1);
            handle.useTransaction(transaction -> {
                statements.forEach(transaction::execute);
                transaction.execute(stamp);
            });
        }
    }

    private void refuseNewer(int version) {
        int newest = schema.versions().size();
        if (version > newest) {
            throw new NeuroVisorException(
                    schema.unusable(),
                    "%s has version %d, but this NeuroVisor supports versions up to %d: a newer NeuroVisor has used it; use that one, or another --data-dir%s"
                            .formatted(file, version, newest, schema.alternative()));
        }
    }

    private void refuseForeign(Handle handle, int version) {
        boolean foreign =
                version == 0 ? hasTables(handle) : number(handle, "PRAGMA application_id") != schema.applicationId();
        if (foreign) {
            throw new NeuroVisorException(
                    schema.unusable(),
                    "%s is a database, but not of NeuroVisor's %s; move it away, and a new one is created"
                            .formatted(file, schema.content()));
        }
    }

    private static boolean hasTables(Handle handle) {
        return number(handle, "SELECT count(*) FROM sqlite_schema") > 0;
    }

    private static int number(Handle handle, String query) {
        return handle.createQuery(query).mapTo(Integer.class).one();
    }
}
