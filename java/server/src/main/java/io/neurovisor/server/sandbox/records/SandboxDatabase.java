package io.neurovisor.server.sandbox.records;

import io.neurovisor.database.Database;
import io.neurovisor.database.DatabaseFaults;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.engine.sandbox.SandboxRecords;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.host.files.ProcessLife;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;

/**
 * The records of the sandboxes of a data directory; those that have ended are kept for 24 hours, at most
 * {@link #MOST_ENDED} of each tenant. Thread-safe, also across processes.
 *
 * <p>Each process keeps a file locked while it is alive. A sandbox without an end whose process no longer holds its
 * lock is lost.
 */
public final class SandboxDatabase implements SandboxRecords, AutoCloseable {
    static final Duration KEPT = Duration.ofHours(24);

    /** Of one tenant, so that no tenant makes the records of others go or fills the disk. */
    static final int MOST_ENDED = 1000;

    private static final String FILE = "sandboxes.db";

    private final Database database;
    private final SandboxRows rows;
    private final ProcessLife life;
    private final InstantSource clock;

    private SandboxDatabase(Database database, SandboxRows rows, ProcessLife life, InstantSource clock) {
        this.database = database;
        this.rows = rows;
        this.life = life;
        this.clock = clock;
    }

    public static boolean isIn(Path directory) {
        return Files.exists(directory.resolve(FILE));
    }

    /**
     * Opens the database and creates it if it is missing. Must be closed by the thread that opens it.
     *
     * @param directory for sandboxes only, accessible by its owner only
     * @throws NeuroVisorException {@code SANDBOXES_UNUSABLE} if the database is damaged or of a newer version
     */
    public static SandboxDatabase open(Path directory, InstantSource clock) {
        Path home = directory.toAbsolutePath().normalize();
        Path file = home.resolve(FILE);
        return new SandboxDatabase(
                Database.open(file, SandboxTables.SCHEMA),
                new SandboxRows(new DatabaseFaults(file, SandboxTables.SCHEMA)),
                ProcessLife.begin(home.resolve("owners")),
                clock);
    }

    @Override
    public void insert(SandboxRecord record) {
        database.change(handle -> {
            removeExpired(handle);
            rows.insert(handle, record, life.name());
        });
    }

    @Override
    public void update(SandboxRecord record) {
        database.change(handle -> {
            SandboxRows.update(
                    handle,
                    record.id(),
                    record.ends(),
                    record.vmId().map(VmId::value).orElse(null),
                    record.generation(),
                    record.end().orElse(null),
                    record.endDetail());
            if (record.end().isPresent()) {
                SandboxRows.removeAllBut(handle, record.owner(), MOST_ENDED);
            }
        });
    }

    @Override
    public List<SandboxRecord> ended() {
        return database.read(handle -> rows.endedSince(handle, keptSince()));
    }

    /** Returns the number of sandboxes of living processes that have no end. */
    public int running() {
        return living(life::isAlive);
    }

    /** Returns the number of sandboxes that have no end although their process is dead. */
    public int lost() {
        return living(owner -> !life.isAlive(owner));
    }

    private int living(Predicate<String> counted) {
        return Math.toIntExact(database.read(handle -> SandboxRows.livingOwners(handle).stream()
                .filter(counted)
                .mapToLong(owner -> SandboxRows.living(handle, owner))
                .sum()));
    }

    /** Records the end {@code LOST} of sandboxes whose process is dead; returns how many there were. */
    public int endLost() {
        int ended = database.write(handle -> SandboxRows.livingOwners(handle).stream()
                .filter(owner -> !life.isAlive(owner))
                .mapToInt(owner ->
                        SandboxRows.end(handle, owner, SandboxEnd.LOST, "its daemon was killed", clock.millis()))
                .sum());
        life.removeDead();
        return ended;
    }

    /** Removes the records of sandboxes that ended more than 24 hours ago; returns their number, also in a dry run. */
    public int sweep(boolean dryRun) {
        return dryRun
                ? database.read(handle -> SandboxRows.endedBefore(handle, keptSince()))
                : database.write(this::removeExpired);
    }

    /** A time in the future was stored before the machine's clock was set back; it is replaced by the present. */
    private int removeExpired(Handle handle) {
        SandboxRows.limitEnds(handle, clock.millis());
        return SandboxRows.remove(handle, keptSince());
    }

    private long keptSince() {
        return clock.millis() - KEPT.toMillis();
    }

    @Override
    public void close() {
        life.close();
        database.close();
    }
}
