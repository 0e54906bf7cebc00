package io.neurovisor.server.journal;

import static java.util.Objects.requireNonNull;

import io.neurovisor.database.Database;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.PathLock;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
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

    /** The longest time that what is lost may have had, and more; counted from its beginning. */
    private static final Duration LOST = Duration.ofHours(25);

    private static final String FILE = "journal.db";
    private static final String LONG_AGO = "(ended_ms IS NULL AND begun_ms < :lost)";

    private final Database database;
    private final Path owners;
    private final String owner;
    private final PathLock life;
    private final JournalRoom room;
    private final InstantSource clock;

    private ExecutionJournal(
            Database database, Path owners, String owner, PathLock life, JournalRoom room, InstantSource clock) {
        this.database = database;
        this.owners = owners;
        this.owner = owner;
        this.life = life;
        this.room = room;
        this.clock = clock;
    }

    /** Whether there is one in that directory. */
    public static boolean isIn(Path directory) {
        return Files.exists(directory.resolve(FILE));
    }

    /**
     * Makes the database where there is none. To be closed by the thread that opens it.
     *
     * @param clock that nobody sets while this is open, or else answers would be gone too early
     * @throws NeuroVisorException {@code JOURNAL_UNUSABLE} for a database that is damaged or of a newer version
     */
    public static ExecutionJournal open(Path directory, InstantSource clock) {
        return open(directory, JournalRoom.USUAL, clock);
    }

    static ExecutionJournal open(Path directory, JournalRoom room, InstantSource clock) {
        requireNonNull(clock, "clock is null");
        Path home = directory.toAbsolutePath().normalize();
        Database database = Database.open(home.resolve(FILE), JournalTables.SCHEMA);
        Path owners = PrivateFiles.directory(home.resolve("owners"));
        String owner = UUID.randomUUID().toString();
        PathLock life = PathLock.acquire(owners.resolve(owner), () -> {});
        return new ExecutionJournal(database, owners, owner, life, room, clock);
    }

    /**
     * Writes down that this process is about to execute, unless that was done before.
     *
     * @param requestDigest of what is to be executed
     * @throws NeuroVisorException {@code INVALID_ARGUMENT} for a key that was used for another request, {@code JOURNAL_FULL} when
     *     the tenant has its share of the journal; an execution that is in it is answered all the same
     */
    public Begun begin(ExecutionKey key, String requestDigest) {
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
                    .bind("owner", owner)
                    .bind("now", clock.millis())
                    .execute();
            return new Begun.First();
        });
    }

    /**
     * Writes a part of the answer down while the execution goes on.
     *
     * @throws NeuroVisorException {@code JOURNAL_FULL} for a part that exceeds the tenant's share
     */
    public void append(ExecutionKey key, int number, byte[] part) {
        database.change(handle -> {
            room.requireForAnswer(handle, key.tenant(), part.length);
            StoredParts.add(handle, key, number, part);
        });
    }

    /** Writes down the last part of the answer, which every later request for the execution gets, whatever the tenant's share. */
    public void end(ExecutionKey key, int number, byte[] part) {
        database.change(handle -> {
            StoredParts.add(handle, key, number, part);
            handle.createUpdate("UPDATE execution SET ended_ms = :now WHERE tenant = :tenant AND key = :key")
                    .bind("now", clock.millis())
                    .bind("tenant", key.tenant())
                    .bind("key", key.value())
                    .execute();
        });
    }

    /**
     * Reads one part of an answer, from number 0 on.
     *
     * @throws NeuroVisorException {@code INTERRUPTED} for an answer that has been removed since its first part was read
     */
    public byte[] part(ExecutionKey key, int number) {
        return database.read(handle -> StoredParts.find(handle, key, number))
                .orElseThrow(() -> new NeuroVisorException(
                        Fault.INTERRUPTED,
                        "the %d minutes for which the answer is kept were over before it had been read"
                                .formatted(KEPT.toMinutes())));
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

    /**
     * What nobody can ask for any more.
     *
     * @param bytes of the answers
     */
    public record Expired(long executions, long bytes) {}

    /**
     * Removes what nobody can ask for any more, and what dead processes have left, and gives its room back.
     *
     * @param dryRun whether to tell only
     */
    public Expired sweep(boolean dryRun) {
        Expired expired = database.read(this::expired);
        if (!dryRun && expired.executions() > 0) {
            database.change(this::removeExpired);
            database.shrink();
        }
        if (!dryRun) {
            removeDeadOwners();
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

    private void removeDeadOwners() {
        try (Stream<Path> files = Files.list(owners)) {
            files.map(file -> String.valueOf(file.getFileName()))
                    .filter(other -> !other.equals(owner))
                    .forEach(this::lives);
        } catch (IOException exception) {
            throw StorageFaults.of("read", owners, exception);
        }
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

    private Begun known(Handle handle, ExecutionKey key, Row row, String requestDigest) {
        if (!row.digest().equals(requestDigest)) {
            throw ExecutionKey.reused();
        }
        if (row.ended()) {
            return new Begun.Ended(StoredParts.sizes(handle, key));
        }
        return row.owner().equals(owner) || lives(row.owner()) ? new Begun.Running() : new Begun.Lost();
    }

    /** What is in the future is from before the machine's clock was set back, and counts from now. */
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

    /** What another runs is not forgotten because a clock was set forward between its start and ours. */
    private List<String> ownersOfLost(Handle handle) {
        return handle
                .createQuery("SELECT DISTINCT owner FROM execution WHERE " + LONG_AGO)
                .bind("lost", lostSince())
                .mapTo(String.class)
                .stream()
                .filter(other -> other.equals(owner) || !lives(other))
                .toList();
    }

    private long keptSince() {
        return clock.millis() - KEPT.toMillis();
    }

    private long lostSince() {
        return clock.millis() - LOST.toMillis();
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
