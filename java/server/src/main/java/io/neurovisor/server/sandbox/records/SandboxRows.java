package io.neurovisor.server.sandbox.records;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.database.DatabaseFaults;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.sandbox.PauseReason;
import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.engine.sandbox.SandboxSpec;
import io.neurovisor.engine.vm.VmId;
import java.io.UncheckedIOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/**
 * Reads and writes the rows of sandboxes. A row that no version can have written means a damaged database, and reading
 * it fails.
 */
record SandboxRows(DatabaseFaults faults) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<Map<String, String>> METADATA = new TypeReference<>() {};

    void insert(Handle handle, SandboxRecord record, String owner) {
        SandboxSpec spec = record.spec();
        handle.createUpdate("""
                        INSERT INTO sandbox (id, tenant, image, size, timeout_ms, directory, metadata, name,
                            idempotency_key, owner, generation, created_ms, ends_ms, end_detail, on_timeout, auto_resume,
                            idle_pause_ms, forked_from)
                        VALUES (:id, :tenant, :image, :size, :timeout, :directory, :metadata, :name,
                            :key, :owner, :generation, :created, :ends, '', :onTimeout, :autoResume, :idlePause,
                            :forkedFrom)
                        """)
                .bind("id", record.id().value())
                .bind("tenant", record.owner())
                .bind("image", spec.kind().image())
                .bind("size", spec.kind().size().label())
                .bind("timeout", spec.timeout().toMillis())
                .bind("directory", spec.directory().orElse(null))
                .bind("metadata", json(spec.metadata()))
                .bind("name", spec.name())
                .bind("key", spec.idempotencyKey().orElse(null))
                .bind("owner", owner)
                .bind("generation", record.generation())
                .bind("created", record.created().toEpochMilli())
                .bind("ends", record.ends().toEpochMilli())
                .bind("onTimeout", spec.onTimeout().name())
                .bind("autoResume", spec.autoResume())
                .bind("idlePause", spec.idlePause().map(Duration::toMillis).orElse(null))
                .bind("forkedFrom", spec.forkedFrom().map(SandboxId::value).orElse(null))
                .execute();
    }

    static void update(Handle handle, SandboxRecord record) {
        handle.createUpdate("""
                        UPDATE sandbox SET ends_ms = :ends, vm_id = :vm, generation = :generation,
                            end_reason = :reason, end_detail = :detail, pause_reason = :pause
                        WHERE id = :id
                        """)
                .bind("id", record.id().value())
                .bind("ends", record.ends().toEpochMilli())
                .bind("vm", record.vmId().map(VmId::value).orElse(null))
                .bind("generation", record.generation())
                .bind("reason", record.end().map(SandboxEnd::name).orElse(null))
                .bind("detail", record.endDetail())
                .bind("pause", record.pause().map(PauseReason::name).orElse(null))
                .execute();
    }

    List<SandboxRecord> endedSince(Handle handle, long millis) {
        return handle.createQuery("""
                        SELECT * FROM sandbox WHERE end_reason IS NOT NULL AND ends_ms >= :since ORDER BY created_ms, id
                        """)
                .bind("since", millis)
                .map((row, _) -> record(row))
                .list();
    }

    static int endedBefore(Handle handle, long millis) {
        return handle.createQuery("SELECT count(*) FROM sandbox WHERE end_reason IS NOT NULL AND ends_ms < :before")
                .bind("before", millis)
                .mapTo(Integer.class)
                .one();
    }

    static int remove(Handle handle, long endedBefore) {
        return handle.createUpdate("DELETE FROM sandbox WHERE end_reason IS NOT NULL AND ends_ms < :before")
                .bind("before", endedBefore)
                .execute();
    }

    /** Removes the ended sandboxes of a tenant but the newest; those that never ran are removed first, lost ones last. */
    static void removeAllBut(Handle handle, String tenant, int most) {
        handle.createUpdate("""
                        DELETE FROM sandbox WHERE id IN (
                            SELECT id FROM sandbox WHERE tenant = :tenant AND end_reason IS NOT NULL
                            ORDER BY end_reason <> :lost, end_reason = :failed, ends_ms DESC, created_ms DESC
                            LIMIT -1 OFFSET :most)
                        """)
                .bind("tenant", tenant)
                .bind("lost", SandboxEnd.LOST.name())
                .bind("failed", SandboxEnd.FAILED.name())
                .bind("most", most)
                .execute();
    }

    static void limitEnds(Handle handle, long now) {
        handle.createUpdate("UPDATE sandbox SET ends_ms = :now WHERE end_reason IS NOT NULL AND ends_ms > :now")
                .bind("now", now)
                .execute();
    }

    /** A sandbox that has not ended. */
    record Living(SandboxId id, String owner, int generation, boolean paused) {}

    static List<Living> living(Handle handle) {
        return handle.createQuery("SELECT id, owner, generation, pause_reason FROM sandbox WHERE end_reason IS NULL")
                .map((row, _) -> new Living(
                        new SandboxId(text(row, "id")),
                        text(row, "owner"),
                        row.getInt("generation"),
                        optional(row, "pause_reason").isPresent()))
                .list();
    }

    /** Makes a process the owner of a paused sandbox, and returns the sandbox. */
    SandboxRecord take(Handle handle, SandboxId id, String owner, PauseReason unrecorded) {
        handle.createUpdate("""
                        UPDATE sandbox SET owner = :owner, pause_reason = coalesce(pause_reason, :reason) WHERE id = :id
                        """)
                .bind("id", id.value())
                .bind("owner", owner)
                .bind("reason", unrecorded.name())
                .execute();
        return handle.createQuery("SELECT * FROM sandbox WHERE id = :id")
                .bind("id", id.value())
                .map((row, _) -> record(row))
                .one();
    }

    static void end(Handle handle, SandboxId id, SandboxEnd end, String detail, long now) {
        handle.createUpdate("""
                        UPDATE sandbox SET end_reason = :reason, end_detail = :detail, ends_ms = :now, pause_reason = NULL
                        WHERE id = :id
                        """)
                .bind("id", id.value())
                .bind("reason", end.name())
                .bind("detail", detail)
                .bind("now", now)
                .execute();
    }

    /** Returns the sandboxes that have not ended, or are lost since a time. */
    static Set<SandboxId> livingOrLostSince(Handle handle, long millis) {
        return handle.createQuery(
                        "SELECT id FROM sandbox WHERE end_reason IS NULL OR end_reason = :lost AND ends_ms >= :since")
                .bind("lost", SandboxEnd.LOST.name())
                .bind("since", millis)
                .map((row, _) -> new SandboxId(text(row, "id")))
                .set();
    }

    /** Makes a lost sandbox a paused one of a process; returns false if it is not lost. */
    static boolean goBack(Handle handle, SandboxRecord earlier, String owner) {
        int changed = handle.createUpdate("""
                        UPDATE sandbox SET owner = :owner, ends_ms = :ends, generation = :generation, pause_reason = :pause,
                            end_reason = NULL, end_detail = ''
                        WHERE id = :id AND end_reason = :lost
                        """)
                .bind("id", earlier.id().value())
                .bind("owner", owner)
                .bind("ends", earlier.ends().toEpochMilli())
                .bind("generation", earlier.generation())
                .bind("pause", earlier.pause().map(PauseReason::name).orElse(null))
                .bind("lost", SandboxEnd.LOST.name())
                .execute();
        return changed == 1;
    }

    /** Replaces the reason why a sandbox has ended; returns false if it lives. */
    static boolean giveUp(Handle handle, SandboxRecord ended) {
        int _ = handle.createUpdate("UPDATE sandbox SET end_reason = :reason WHERE id = :id AND end_reason IS NOT NULL")
                .bind("id", ended.id().value())
                .bind("reason", ended.end().map(SandboxEnd::name).orElseThrow())
                .execute();
        return living(handle).stream().noneMatch(living -> living.id().equals(ended.id()));
    }

    private SandboxRecord record(ResultSet row) throws SQLException {
        try {
            return new SandboxRecord(
                    new SandboxId(text(row, "id")),
                    text(row, "tenant"),
                    spec(row),
                    Instant.ofEpochMilli(row.getLong("created_ms")),
                    Instant.ofEpochMilli(row.getLong("ends_ms")),
                    optional(row, "vm_id").map(VmId::new),
                    row.getInt("generation"),
                    optional(row, "pause_reason").map(PauseReason::valueOf),
                    optional(row, "end_reason").map(SandboxEnd::valueOf),
                    text(row, "end_detail"));
        } catch (RuntimeException | JsonProcessingException malformed) {
            throw faults.damaged("a sandbox has a value that is not allowed", malformed);
        }
    }

    private static SandboxSpec spec(ResultSet row) throws SQLException, JsonProcessingException {
        return new SandboxSpec(
                new MachineKind(text(row, "image"), SandboxSize.named(text(row, "size"))),
                Duration.ofMillis(row.getLong("timeout_ms")),
                Map.of(),
                optional(row, "directory"),
                JSON.readValue(text(row, "metadata"), METADATA),
                text(row, "name"),
                optional(row, "idempotency_key"),
                SandboxSpec.OnTimeout.valueOf(text(row, "on_timeout")),
                row.getBoolean("auto_resume"),
                Optional.ofNullable(row.getObject("idle_pause_ms"))
                        .map(millis -> Duration.ofMillis(((Number) millis).longValue())),
                optional(row, "forked_from").map(SandboxId::new));
    }

    private static String text(ResultSet row, String column) throws SQLException {
        return String.valueOf(row.getString(column));
    }

    private static Optional<String> optional(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getString(column));
    }

    private static String json(Map<String, String> metadata) {
        try {
            return JSON.writeValueAsString(metadata);
        } catch (JsonProcessingException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}
