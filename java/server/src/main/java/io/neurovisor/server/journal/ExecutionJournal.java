package io.neurovisor.server.journal;

import io.neurovisor.database.Database;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.ProcessLife;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * The executions with an idempotency key of a data directory. Each is stored before it starts, and its output for 15
 * minutes after its end. Thread-safe, also across processes.
 *
 * <p>Each process keeps a file locked while it is alive. An execution without an end whose process no longer holds its
 * lock is lost; it is never started again.
 */
public final class ExecutionJournal implements AutoCloseable {
    public static final Duration KEPT = Duration.ofMinutes(15);

    /** Exceeds the longest time of an execution, counted from its start. */
    private static final Duration LOST = Duration.ofHours(25);

    private static final String FILE = "journal.db";
    private static final String LONG_AGO = "(ended_ms IS NULL AND begun_ms < :lost)";

    private final Database database;
    private final ProcessLife life;
    private final JournalShares room;
    private final InstantSource clock;

    private ExecutionJournal(Database database, ProcessLife life, JournalShares room, InstantSource clock) {
        this.database = database;
        this.life = life;
        this.room = room;
        this.clock = clock;
    }

    public static boolean isIn(Path directory) {
        return Files.exists(directory.resolve(FILE));
    }

    /**
     * Opens the database and creates it if it is missing. Must be closed by the thread that opens it.
     *
     * @param clock must not be set while the journal is open, because output would be removed too early
     * @throws NeuroVisorException {@code JOURNAL_UNUSABLE} if the database is damaged or of a newer version
     */
    public static ExecutionJournal open(Path directory, InstantSource clock) {
        return open(directory, JournalShares.USUAL, clock);
    }

    static ExecutionJournal open(Path directory, JournalShares room, InstantSource clock) {
        Path home = directory.toAbsolutePath().normalize();
        Database database = Database.open(home.resolve(FILE), JournalTables.SCHEMA);
        return new ExecutionJournal(database, ProcessLife.begin(home.resolve("owners")), room, clock);
    }

    /**
     * Records that this process is about to run an execution, unless it is recorded already.
     *
     * @param requestDigest of the request
     * @throws NeuroVisorException {@code INVALID_ARGUMENT} if the key was used for another request, {@code
     *     JOURNAL_FULL} if the tenant's share is used up; executions that are already recorded are not affected
     */
    public BeginResult begin(ExecutionKey key, String requestDigest) {
        return database.write(handle -> {
            removeExpired(handle);
            Optional<Row> known = find(handle, key);
            if (known.isPresent()) {
                return known(handle, key, known.get(), requestDigest);
            }
            room.requireForExecution(handle, key.tenant(), clock.millis());
            handle.createUpdate("""
                            INSERT INTO execution (tenant, key, request_sha256, owner, begun_ms)
                            VALUES (:tenant, :key, :digest, :owner, :now)
                            """)
                    .bind("tenant", key.tenant())
                    .bind("key", key.value())
                    .bind("digest", requestDigest)
                    .bind("owner", life.name())
                    .bind("now", clock.millis())
                    .execute();
            return new BeginResult.First();
        });
    }

    /**
     * Stores a part of the output while the execution is running.
     *
     * @throws NeuroVisorException {@code JOURNAL_FULL} if the part exceeds the tenant's share
     */
    public void append(ExecutionKey key, int number, byte[] part) {
        database.change(handle -> {
            room.requireForAnswer(handle, key.tenant(), part.length);
            ResponseParts.add(handle, key, number, part);
        });
    }

    /** Stores the last part of the output, even beyond the tenant's share. Later requests get the same output. */
    public void end(ExecutionKey key, int number, byte[] part) {
        database.change(handle -> {
            ResponseParts.add(handle, key, number, part);
            handle.createUpdate("UPDATE execution SET ended_ms = :now WHERE tenant = :tenant AND key = :key")
                    .bind("now", clock.millis())
                    .bind("tenant", key.tenant())
                    .bind("key", key.value())
                    .execute();
        });
    }

    /**
     * Reads a part of the output.
     *
     * @param number counts from 0
     * @throws NeuroVisorException {@code INTERRUPTED} if the output has been removed since its first part was read
     */
    public byte[] part(ExecutionKey key, int number) {
        return database.read(handle -> ResponseParts.find(handle, key, number))
                .orElseThrow(() -> new NeuroVisorException(
                        Fault.INTERRUPTED,
                        "the output was removed after %d minutes, before all of it was read"
                                .formatted(KEPT.toMinutes())));
    }

    /** Removes an execution that never started, so that it can be requested again. */
    public void withdraw(ExecutionKey key) {
        database.change(handle -> handle.createUpdate("""
                        DELETE FROM execution WHERE tenant = :tenant AND key = :key AND owner = :owner
                        """)
                .bind("tenant", key.tenant())
                .bind("key", key.value())
                .bind("owner", life.name())
                .execute());
    }

    /** Executions that can no longer be requested, with the bytes of their output. */
    public record Expired(long executions, long bytes) {}

    /**
     * Removes executions that can no longer be requested and files of dead processes, and returns the space to the file
     * system.
     *
     * @param dryRun whether to report only what would be removed
     */
    public Expired sweep(boolean dryRun) {
        Expired expired = database.read(this::expired);
        if (!dryRun && expired.executions() > 0) {
            database.change(this::removeExpired);
            database.shrink();
        }
        if (!dryRun) {
            life.removeDead();
        }
        return expired;
    }

    private Expired expired(Handle handle) {
        Expired answered = handle.createQuery("""
                        SELECT count(*) AS executions, coalesce(sum(answer_bytes), 0) AS bytes FROM execution
                        WHERE ended_ms < :kept
                        """)
                .bind("kept", keptSince())
                .map((row, _) -> new Expired(row.getLong("executions"), row.getLong("bytes")))
                .one();
        long lost = ownersOfLost(handle).stream()
                .mapToLong(other -> handle.createQuery(
                                "SELECT count(*) FROM execution WHERE owner = :owner AND " + LONG_AGO)
                        .bind("owner", other)
                        .bind("lost", lostSince())
                        .mapTo(Long.class)
                        .one())
                .sum();
        return new Expired(answered.executions() + lost, answered.bytes());
    }

    private record Row(String digest, String owner, boolean ended) {}

    private static Optional<Row> find(Handle handle, ExecutionKey key) {
        return handle.createQuery("""
                        SELECT request_sha256, owner, ended_ms IS NOT NULL AS ended FROM execution
                        WHERE tenant = :tenant AND key = :key
                        """)
                .bind("tenant", key.tenant())
                .bind("key", key.value())
                .map((row, _) -> new Row(
                        String.valueOf(row.getString("request_sha256")),
                        String.valueOf(row.getString("owner")),
                        row.getBoolean("ended")))
                .findOne();
    }

    private BeginResult known(Handle handle, ExecutionKey key, Row row, String requestDigest) {
        if (!row.digest().equals(requestDigest)) {
            throw ExecutionKey.reused();
        }
        if (row.ended()) {
            return new BeginResult.Ended(ResponseParts.sizes(handle, key));
        }
        return life.isAlive(row.owner()) ? new BeginResult.Running() : new BeginResult.Lost();
    }

    /** A time in the future was stored before the machine's clock was set back; it is replaced by the present. */
    private void removeExpired(Handle handle) {
        handle.createUpdate("""
                        UPDATE execution SET begun_ms = min(begun_ms, :now), ended_ms = min(ended_ms, :now)
                        WHERE begun_ms > :now OR ended_ms > :now
                        """).bind("now", clock.millis()).execute();
        handle.createUpdate("DELETE FROM execution WHERE ended_ms < :kept")
                .bind("kept", keptSince())
                .execute();
        ownersOfLost(handle)
                .forEach(other -> handle.createUpdate("DELETE FROM execution WHERE owner = :owner AND " + LONG_AGO)
                        .bind("owner", other)
                        .bind("lost", lostSince())
                        .execute());
    }

    /**
     * An execution of another process is not removed only because a clock was set forward between its start and ours.
     */
    private List<String> ownersOfLost(Handle handle) {
        return handle
                .createQuery("SELECT DISTINCT owner FROM execution WHERE " + LONG_AGO)
                .bind("lost", lostSince())
                .mapTo(String.class)
                .stream()
                .filter(other -> other.equals(life.name()) || !life.isAlive(other))
                .toList();
    }

    private long keptSince() {
        return clock.millis() - KEPT.toMillis();
    }

    private long lostSince() {
        return clock.millis() - LOST.toMillis();
    }

    @Override
    public void close() {
        life.close();
        database.close();
    }
}
