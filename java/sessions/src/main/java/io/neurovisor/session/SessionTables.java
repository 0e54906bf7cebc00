package io.neurovisor.session;

import io.neurovisor.database.Schema;
import io.neurovisor.engine.fault.Fault;
import java.util.List;
import java.util.Optional;

/** The tables of the sessions' database. */
final class SessionTables {
    /** "NvSe", which identifies the database file as ours. */
    private static final int APPLICATION_ID = 0x4e765365;

    private static final List<List<String>> VERSIONS = List.of(
            List.of(
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
            """),
            // Empty for sessions that a process of the first version records: see UnownedSessions.
            List.of("ALTER TABLE session ADD COLUMN owner TEXT"),
            // The size of an owner's sessions is summed up whenever a run begins.
            List.of(
                    "ALTER TABLE session ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0",
                    """
            UPDATE session SET bytes =
                (SELECT coalesce(sum(octet_length(task) + octet_length(unfinished_reply) + coalesce(octet_length(answer), 0)
                        + coalesce(octet_length(explanation), 0)), 0)
                    FROM run WHERE run.session_id = session.id)
                + (SELECT coalesce(sum(octet_length(message.text)), 0)
                    FROM message JOIN run ON run.id = message.run_id WHERE run.session_id = session.id)
                + (SELECT coalesce(sum(octet_length(tool_call.arguments) + coalesce(octet_length(tool_call.result), 0)
                        + coalesce(octet_length(tool_call.refusal), 0)), 0)
                    FROM tool_call JOIN message ON message.id = tool_call.message_id
                        JOIN run ON run.id = message.run_id WHERE run.session_id = session.id)
                + (SELECT coalesce(sum(octet_length(code) + octet_length(stdout) + octet_length(stderr) + octet_length(detail)), 0)
                    FROM execution JOIN tool_call ON tool_call.id = execution.tool_call_id
                        JOIN message ON message.id = tool_call.message_id
                        JOIN run ON run.id = message.run_id WHERE run.session_id = session.id)
            """,
                    "CREATE INDEX session_of_owner ON session (owner)"),
            // Empty for sessions whose programs run in fresh machines.
            List.of("ALTER TABLE session ADD COLUMN sandbox TEXT"));

    static final Schema SCHEMA = new Schema(
            "sessions",
            APPLICATION_ID,
            Fault.HISTORY_UNUSABLE,
            Optional.of("keep no history with --no-history"),
            VERSIONS);

    private SessionTables() {}
}
