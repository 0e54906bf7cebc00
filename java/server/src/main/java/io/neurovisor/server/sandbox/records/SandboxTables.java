package io.neurovisor.server.sandbox.records;

import io.neurovisor.database.Schema;
import io.neurovisor.engine.fault.Fault;
import java.util.List;
import java.util.Optional;

/** The tables of the sandboxes' database. Values of the environment are never stored. */
final class SandboxTables {
    /** "NvSb", which identifies the database file as ours. */
    private static final int APPLICATION_ID = 0x4e765362;

    static final Schema SCHEMA = new Schema(
            "sandboxes",
            APPLICATION_ID,
            Fault.SANDBOXES_UNUSABLE,
            Optional.of("start with --max-sandboxes=0"),
            List.of(
                    List.of(
                            """
                    CREATE TABLE sandbox (
                        id TEXT PRIMARY KEY,
                        tenant TEXT NOT NULL,
                        image TEXT NOT NULL,
                        size TEXT NOT NULL,
                        timeout_ms INTEGER NOT NULL,
                        directory TEXT,
                        metadata TEXT NOT NULL,
                        name TEXT NOT NULL,
                        idempotency_key TEXT,
                        owner TEXT NOT NULL,
                        generation INTEGER NOT NULL,
                        vm_id TEXT,
                        created_ms INTEGER NOT NULL,
                        ends_ms INTEGER NOT NULL,
                        end_reason TEXT,
                        end_detail TEXT NOT NULL
                    ) STRICT
                    """,
                            "CREATE INDEX sandbox_by_end ON sandbox (end_reason, ends_ms)",
                            "CREATE INDEX sandbox_by_tenant ON sandbox (tenant, ends_ms)"),
                    // Sandboxes that can be paused and copied.
                    List.of(
                            "ALTER TABLE sandbox ADD COLUMN on_timeout TEXT NOT NULL DEFAULT 'KILL'",
                            "ALTER TABLE sandbox ADD COLUMN auto_resume INTEGER NOT NULL DEFAULT 0",
                            "ALTER TABLE sandbox ADD COLUMN pause_reason TEXT",
                            "ALTER TABLE sandbox ADD COLUMN forked_from TEXT"),
                    // Sandboxes that are paused when they are idle.
                    List.of("ALTER TABLE sandbox ADD COLUMN idle_pause_ms INTEGER")));

    private SandboxTables() {}
}
