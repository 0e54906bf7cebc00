package io.neurovisor.server.journal;

import io.neurovisor.database.Schema;
import io.neurovisor.engine.fault.Fault;
import java.util.List;
import java.util.Optional;

/** The tables of the journal's database. */
final class JournalTables {
    /** "NvJo", which identifies the database file as ours. */
    private static final int APPLICATION_ID = 0x4e764a6f;

    static final Schema SCHEMA = new Schema(
            "executions with a key",
            APPLICATION_ID,
            Fault.JOURNAL_UNUSABLE,
            // Without the journal, a program could run twice.
            Optional.empty(),
            List.of(
                    List.of("""
                    CREATE TABLE execution (
                        tenant TEXT NOT NULL,
                        key TEXT NOT NULL,
                        request_sha256 TEXT NOT NULL,
                        owner TEXT NOT NULL,
                        begun_ms INTEGER NOT NULL,
                        ended_ms INTEGER,
                        answer BLOB,
                        PRIMARY KEY (tenant, key)
                    ) STRICT
                    """),
                    // Output is stored in parts, so that reading it needs bounded memory.
                    List.of(
                            """
                    CREATE TABLE answer_part (
                        tenant TEXT NOT NULL,
                        key TEXT NOT NULL,
                        number INTEGER NOT NULL,
                        bytes BLOB NOT NULL,
                        PRIMARY KEY (tenant, key, number),
                        FOREIGN KEY (tenant, key) REFERENCES execution (tenant, key) ON DELETE CASCADE
                    ) STRICT
                    """,
                            """
                    INSERT INTO answer_part SELECT tenant, key, 0, answer FROM execution WHERE answer IS NOT NULL
                    """,
                            "ALTER TABLE execution ADD COLUMN answer_bytes INTEGER NOT NULL DEFAULT 0",
                            "UPDATE execution SET answer_bytes = coalesce(length(answer), 0)",
                            "ALTER TABLE execution DROP COLUMN answer")));

    private JournalTables() {}
}
