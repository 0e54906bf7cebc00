package io.neurovisor.server.journal;

import static java.util.Objects.requireNonNull;

import io.neurovisor.database.Database;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.store.PathLock;
import io.neurovisor.host.store.PrivateFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * The executions with a key of a data directory. Each is on the disk before it begins, and what became of it for 15 minutes
 * after its end. Safe for use by many threads and by processes at the same time.
 *
 * <p>A process keeps a file of its own locked while it lives. What was begun by one whose file nobody locks, and has not
 * ended, is lost: it is never begun again.
 */
public final class ExecutionJournal implements AutoCloseable {
    /** For how long an answer can be asked for. */
    public static final Duration KEPT = Duration.ofMinutes(15);

    private static final int MOST_EXECUTIONS = 10_000;
    private static final long MOST_BYTES = 1L << 30;

    private final Database database;
    private final Path owners;
    private final String owner;
    private final PathLock life;
    private final InstantSource clock;

    private ExecutionJournal(Database database, Path owners, String owner, PathLock life, InstantSource clock) {
        this.database = database;
        this.owners = owners;
        this.owner = owner;
        this.life = life;
        this.clock = clock;
    }

    /**
     * Makes the database where there is none. To be closed by the thread that opens it.
     *
     * @throws NeuroVisorException {@code JOURNAL_UNUSABLE} for a database that is damaged or of a newer version
     */
    public static ExecutionJournal open(Path directory, InstantSource clock) {
        requireNonNull(clock, "clock is null");
        Path home = directory.toAbsolutePath().normalize();
        Database database = Database.open(home.resolve("journal.db"), JournalTables.SCHEMA);
        Path owners = PrivateFiles.directory(home.resolve("owners"));
        String owner = UUID.randomUUID().toString();
        PathLock life = PathLock.acquire(owners.resolve(owner), () -> {});
        return new ExecutionJournal(database, owners, owner, life, clock);
    }

    /**
     * Writes down that this process is about to execute, unless that was done before.
     *
     * @param requestDigest of what is to be executed
     * @throws NeuroVisorException {@code INVALID_ARGUMENT} for a key that was used for another request
     */
    public Begun begin(ExecutionKey key, String requestDigest) {
        return database.write(handle -> {
            removeExpired(handle);
            Optional<Row> known = find(handle, key);
            if (known.isPresent()) {
                return known(known.get(), requestDigest);
            }
            refuseWhenFull(handle);
            handle.createUpdate("""
                            INSERT INTO execution (tenant, key, request_sha256, owner, begun_ms)
                            VALUES (:tenant, :key, :digest, :owner, :now)
                            """)
                    .bind("tenant", key.tenant())
                    .bind("key", key.value())
                    .bind("digest", requestDigest)
                    .bind("owner", owner)
                    .bind("now", clock.millis())
                    .execute();
            return new Begun.First();
        });
    }

    /** It has ended: from now on that is the answer to whoever asks for it. */
    public void end(ExecutionKey key, byte[] answer) {
        database.change(handle -> handle.createUpdate("""
                        UPDATE execution SET ended_ms = :now, answer = :answer WHERE tenant = :tenant AND key = :key
                        """)
                .bind("now", clock.millis())
                .bind("answer", answer)
                .bind("tenant", key.tenant())
                .bind("key", key.value())
                .execute());
    }

    /** Nothing was executed: it can be asked for again. */
    public void withdraw(ExecutionKey key) {
        database.change(handle -> handle.createUpdate("""
                        DELETE FROM execution WHERE tenant = :tenant AND key = :key AND owner = :owner
                        """)
                .bind("tenant", key.tenant())
                .bind("key", key.value())
                .bind("owner", owner)
                .execute());
    }

    private record Row(String digest, String owner, boolean ended, Optional<byte[]> answer) {}

    private static Optional<Row> find(Handle handle, ExecutionKey key) {
        return handle.createQuery("""
                        SELECT request_sha256, owner, ended_ms IS NOT NULL AS ended, answer FROM execution
                        WHERE tenant = :tenant AND key = :key
                        """)
                .bind("tenant", key.tenant())
                .bind("key", key.value())
                .map((row, _) -> new Row(
                        String.valueOf(row.getString("request_sha256")),
                        String.valueOf(row.getString("owner")),
                        row.getBoolean("ended"),
                        Optional.ofNullable(row.getBytes("answer"))))
                .findOne();
    }

    private Begun known(Row row, String requestDigest) {
        if (!row.digest().equals(requestDigest)) {
            throw ExecutionKey.reused();
        }
        if (row.ended()) {
            return row.answer().<Begun>map(Begun.Ended::new).orElseGet(Begun.Lost::new);
        }
        return row.owner().equals(owner) || lives(row.owner()) ? new Begun.Running() : new Begun.Lost();
    }

    /** What is lost expires like an answer, counted from its beginning and the longest time that it may have had. */
    private void removeExpired(Handle handle) {
        long now = clock.millis();
        handle.createUpdate("""
                        DELETE FROM execution WHERE ended_ms < :kept OR (ended_ms IS NULL AND begun_ms < :lost)
                        """)
                .bind("kept", now - KEPT.toMillis())
                .bind("lost", now - Duration.ofHours(25).toMillis())
                .execute();
    }

    private static void refuseWhenFull(Handle handle) {
        long executions = handle.createQuery("SELECT count(*) FROM execution")
                .mapTo(Long.class)
                .one();
        long bytes = handle.createQuery("SELECT coalesce(sum(length(answer)), 0) FROM execution")
                .mapTo(Long.class)
                .one();
        if (executions >= MOST_EXECUTIONS || bytes >= MOST_BYTES) {
            throw new NeuroVisorException(
                    Fault.JOURNAL_FULL,
                    "%d executions with a key and %d MiB of their answers are kept, which is the most; each is for %d minutes"
                            .formatted(executions, bytes >> 20, KEPT.toMinutes()));
        }
    }

    private boolean lives(String other) {
        Path file = owners.resolve(other);
        if (!Files.exists(file)) {
            return false;
        }
        Optional<PathLock> free = PathLock.tryAcquire(file);
        free.ifPresent(lock -> {
            PrivateFiles.delete(file);
            lock.close();
        });
        return free.isEmpty();
    }

    @Override
    public void close() {
        PrivateFiles.delete(owners.resolve(owner));
        life.close();
        database.close();
    }
}
