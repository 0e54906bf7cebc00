package io.neurovisor.server.journal;

import io.neurovisor.database.Schema;
import io.neurovisor.engine.fault.Fault;
import java.util.List;
import java.util.Optional;

/** The table of the journal's database. */
final class JournalTables {
    /** "NvJo": tells our database from everybody else's. */
    private static final int APPLICATION_ID = 0x4e764a6f;

    static final Schema SCHEMA = new Schema(
            "executions with a key",
            APPLICATION_ID,
            Fault.JOURNAL_UNUSABLE,
            // Going on without it could run something twice.
            Optional.empty(),
            List.of(List.of("""
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
                    """)));

    private JournalTables() {}
}
