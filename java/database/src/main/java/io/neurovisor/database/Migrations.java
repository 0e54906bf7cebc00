package io.neurovisor.database;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.nio.file.Path;
import java.util.List;
import org.jdbi.v3.core.Handle;

/** Brings a database to the newest version of its schema. */
final class Migrations {
    private final Path file;
    private final Schema schema;

    /** @param file for messages */
    Migrations(Path file, Schema schema) {
        this.file = requireNonNull(file, "file is null");
        this.schema = requireNonNull(schema, "schema is null");
    }

    /** Nobody else may be at the database. A database that is refused is left as it is. */
    void run(Handle handle) {
        int version = number(handle, "PRAGMA user_version");
        refuseNewer(version);
        refuseForeign(handle, version);
        if (version == 0) {
            // Before the first table, or it has no effect: what is deleted leaves the file.
            handle.execute("PRAGMA auto_vacuum = FULL");
            handle.execute("PRAGMA application_id = " + schema.applicationId());
        }
        // Readers and one writer at the same time; each commit is one append.
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
                    "%s has version %d, and this NeuroVisor knows versions up to %d: a newer NeuroVisor has used it; use that one, or another --data-dir%s"
                            .formatted(file, version, newest, schema.alternative()));
        }
    }

    private void refuseForeign(Handle handle, int version) {
        boolean foreign =
                version == 0 ? hasTables(handle) : number(handle, "PRAGMA application_id") != schema.applicationId();
        if (foreign) {
            throw new NeuroVisorException(
                    schema.unusable(),
                    "%s is a database, but none of NeuroVisor's %s; move it away, and a new one is made"
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
