package io.neurovisor.server.access.keys;

import io.neurovisor.database.Schema;
import io.neurovisor.engine.fault.Fault;
import java.util.List;
import java.util.Optional;

/** The tables of the keys' database. */
final class KeyTables {
    /** "NvKy", which identifies the database file as ours. */
    private static final int APPLICATION_ID = 0x4e764b79;

    static final Schema SCHEMA = new Schema(
            "API keys",
            APPLICATION_ID,
            Fault.ACCESS_UNUSABLE,
            // Without the keys, the service would admit either no client or every client.
            Optional.empty(),
            List.of(
                    List.of("""
                    CREATE TABLE access_key (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        name TEXT NOT NULL UNIQUE,
                        hash TEXT NOT NULL UNIQUE,
                        scopes TEXT NOT NULL,
                        rate_limit TEXT,
                        quota TEXT,
                        created_ms INTEGER NOT NULL,
                        last_used_ms INTEGER,
                        revoked_ms INTEGER
                    ) STRICT
                    """, """
                    CREATE TABLE day_of_key (
                        key_id INTEGER PRIMARY KEY REFERENCES access_key,
                        epoch_day INTEGER NOT NULL,
                        executions INTEGER NOT NULL
                    ) STRICT
                    """),
                    List.of("""
                    ALTER TABLE access_key ADD COLUMN max_machines INTEGER
                    """, """
                    ALTER TABLE access_key ADD COLUMN max_waiting INTEGER
                    """),
                    List.of("""
                    ALTER TABLE access_key ADD COLUMN token_budget TEXT
                    """, """
                    ALTER TABLE access_key ADD COLUMN expires_ms INTEGER
                    """, """
                    ALTER TABLE day_of_key ADD COLUMN tokens INTEGER NOT NULL DEFAULT 0
                    """),
                    List.of("""
                    ALTER TABLE access_key ADD COLUMN max_sandboxes TEXT
                    """, """
                    ALTER TABLE access_key ADD COLUMN sandbox_memory TEXT
                    """),
                    List.of("""
                    ALTER TABLE access_key ADD COLUMN max_paused TEXT
                    """, """
                    ALTER TABLE access_key ADD COLUMN sandbox_disk TEXT
                    """)));

    private KeyTables() {}
}
