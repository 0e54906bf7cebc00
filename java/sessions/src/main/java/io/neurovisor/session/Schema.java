package io.neurovisor.session;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.nio.file.Path;
import java.util.List;
import org.jdbi.v3.core.Handle;

/** The tables, version by version. A released version is never changed, only followed by another. */
final class Schema {
    /** "NvSe": tells our database from everybody else's. */
    private static final int APPLICATION_ID = 0x4e765365;

    private static final List<List<String>> VERSIONS = List.of(List.of(
            """
            CREATE TABLE session (
                id TEXT PRIMARY KEY,
                begun_ms INTEGER NOT NULL,
                used_ms INTEGER NOT NULL
            ) STRICT
            """,
            """
            CREATE TABLE run (
                id INTEGER PRIMARY KEY,
                session_id TEXT NOT NULL REFERENCES session ON DELETE CASCADE,
                trace_id TEXT NOT NULL UNIQUE,
                task TEXT NOT NULL,
                model TEXT NOT NULL,
                begun_ms INTEGER NOT NULL,
                iterations INTEGER NOT NULL DEFAULT 0,
                unfinished_reply TEXT NOT NULL DEFAULT '',
                ended_ms INTEGER,
                ending TEXT,
                answer TEXT,
                explanation TEXT,
                tool_calls INTEGER,
                prompt_tokens INTEGER,
                reply_tokens INTEGER,
                model_load_ms INTEGER,
                total_ms INTEGER
            ) STRICT
            """,
            "CREATE INDEX run_of_session ON run (session_id)",
            """
            CREATE TABLE message (
                id INTEGER PRIMARY KEY,
                run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
                role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
                text TEXT NOT NULL,
                said_ms INTEGER NOT NULL
            ) STRICT
            """,
            "CREATE INDEX message_of_run ON message (run_id)",
            """
            CREATE TABLE tool_call (
                id INTEGER PRIMARY KEY,
                message_id INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
                call_id TEXT NOT NULL,
                name TEXT NOT NULL,
                arguments TEXT NOT NULL,
                refusal TEXT,
                result TEXT
            ) STRICT
            """,
            "CREATE INDEX tool_call_of_message ON tool_call (message_id)",
            """
            CREATE TABLE execution (
                tool_call_id INTEGER PRIMARY KEY REFERENCES tool_call ON DELETE CASCADE,
                language TEXT NOT NULL,
                code TEXT NOT NULL,
                outcome TEXT NOT NULL,
                exit_code INTEGER NOT NULL,
                duration_ms INTEGER NOT NULL,
                boot_ms INTEGER,
                stdout TEXT NOT NULL,
                stdout_bytes INTEGER NOT NULL,
                stderr TEXT NOT NULL,
                stderr_bytes INTEGER NOT NULL,
                detail TEXT NOT NULL
            ) STRICT
            """));

    private final Path file;

    /** @param file for messages */
    Schema(Path file) {
        this.file = requireNonNull(file, "file is null");
    }

    /** Brings the database to the newest version. Nobody else may be at it. */
    void migrate(Handle handle) {
        int version = number(handle, "PRAGMA user_version");
        if (version > VERSIONS.size()) {
            throw new NeuroVisorException(
                    Fault.HISTORY_UNUSABLE,
                    "%s has version %d, and this NeuroVisor knows versions up to %d: a newer NeuroVisor has used it; use that one, or another --data-dir, or keep no history with --no-history"
                            .formatted(file, version, VERSIONS.size()));
        }
        if (version == 0 ? hasTables(handle) : number(handle, "PRAGMA application_id") != APPLICATION_ID) {
            throw new NeuroVisorException(
                    Fault.HISTORY_UNUSABLE,
                    file + " is a database, but none of NeuroVisor's sessions; move it away, and a new one is made");
        }
        if (version == 0) {
            // Before the first table, or it has no effect: what is deleted leaves the file.
            handle.execute("PRAGMA auto_vacuum = FULL");
            handle.execute("PRAGMA application_id = " + APPLICATION_ID);
        }
        // Readers and one writer at the same time; each commit is one append.
        handle.execute("PRAGMA journal_mode = WAL");
        for (int next = version; next < VERSIONS.size(); next++) {
            List<String> statements = VERSIONS.get(next);
            String stamp = "PRAGMA user_version = " + (next + 1);
            handle.useTransaction(transaction -> {
                statements.forEach(transaction::execute);
                transaction.execute(stamp);
            });
        }
    }

    private static boolean hasTables(Handle handle) {
        return number(handle, "SELECT count(*) FROM sqlite_schema") > 0;
    }

    private static int number(Handle handle, String query) {
        return handle.createQuery(query).mapTo(Integer.class).one();
    }
}
