package io.neurovisor.server.sandbox.records;

import io.neurovisor.database.Database;
import io.neurovisor.database.DatabaseFaults;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.PauseReason;
import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.engine.sandbox.checkpoint.CheckpointStore;
import io.neurovisor.engine.sandbox.report.SandboxRecords;
import io.neurovisor.host.files.ProcessLife;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/**
 * The records of the sandboxes of a data directory; those that have ended are kept for 24 hours, at most
 * {@link #MOST_ENDED} of each tenant. Thread-safe, also across processes.
 *
 * <p>Each process keeps a file locked while it is alive. A sandbox without an end whose process no longer holds its
 * lock is paused if it has a complete checkpoint of its current generation; else it is lost.
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
    private final CheckpointStore checkpoints;

    private SandboxDatabase(
            Database database, SandboxRows rows, ProcessLife life, InstantSource clock, CheckpointStore checkpoints) {
        this.database = database;
        this.rows = rows;
        this.life = life;
        this.clock = clock;
        this.checkpoints = checkpoints;
    }

    public static boolean isIn(Path directory) {
        return Files.exists(directory.resolve(FILE));
    }

    /**
     * Opens the database and creates it if it is missing. Must be closed by the thread that opens it.
     *
     * @param directory for sandboxes only, accessible by its owner only
     * @param checkpoints of these sandboxes
     * @throws NeuroVisorException {@code SANDBOXES_UNUSABLE} if the database is damaged or of a newer version
     */
    public static SandboxDatabase open(Path directory, InstantSource clock, CheckpointStore checkpoints) {
        Path home = directory.toAbsolutePath().normalize();
        Path file = home.resolve(FILE);
        return new SandboxDatabase(
                Database.open(file, SandboxTables.SCHEMA),
                new SandboxRows(new DatabaseFaults(file, SandboxTables.SCHEMA)),
                ProcessLife.begin(home.resolve("owners")),
                clock,
                checkpoints);
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
            SandboxRows.update(handle, record);
            if (record.end().isPresent()) {
                SandboxRows.removeAllBut(handle, record.owner(), MOST_ENDED);
            }
        });
    }

    @Override
    public List<SandboxRecord> ended() {
        return database.read(handle -> rows.endedSince(handle, keptSince())).stream()
                .map(this::withOlder)
                .toList();
    }

    private SandboxRecord withOlder(SandboxRecord ended) {
        return ended.end()
                .filter(end -> end == SandboxEnd.LOST)
                .flatMap(_ -> checkpoints.newest(ended.id()))
                .map(ended::withOlder)
                .orElse(ended);
    }

    @Override
    public boolean goBack(SandboxRecord earlier) {
        return database.write(handle -> SandboxRows.goBack(handle, earlier, life.name()));
    }

    @Override
    public boolean giveUp(SandboxRecord ended) {
        return database.write(handle -> SandboxRows.giveUp(handle, ended));
    }

    @Override
    public List<SandboxRecord> paused() {
        return database.write(handle -> rest(handle)
                .filter(this::isSaved)
                // A process that was killed in the middle of a pause has not recorded the reason.
                .map(saved -> rows.take(handle, saved.id(), life.name(), PauseReason.SHUTDOWN))
                .toList());
    }

    /** Returns the number of sandboxes of living processes that have machines. */
    public int running() {
        return count(living -> life.isAlive(living.owner()) && !living.paused());
    }

    /** Returns the number of paused sandboxes, with those that the next daemon can resume. */
    public int sizePaused() {
        return count(living -> life.isAlive(living.owner()) ? living.paused() : isSaved(living));
    }

    /** Returns the number of sandboxes that have no end although their process is dead, and that are not saved. */
    public int lost() {
        return count(living -> !life.isAlive(living.owner()) && !isSaved(living));
    }

    private int count(Predicate<SandboxRows.Living> counted) {
        return Math.toIntExact(database.read(
                handle -> SandboxRows.living(handle).stream().filter(counted).count()));
    }

    /** Returns the sandboxes whose checkpoints are needed: those that have not ended, and lost ones, which can go back for a day. */
    public Set<SandboxId> kept() {
        return database.read(handle -> SandboxRows.livingOrLostSince(handle, keptSince()));
    }

    /** Records the end {@code LOST} of sandboxes whose process is dead, unless they are saved; returns how many there were. */
    public int endLost() {
        int ended = database.write(handle -> {
            List<SandboxRows.Living> lost =
                    rest(handle).filter(living -> !isSaved(living)).toList();
            lost.forEach(
                    living -> SandboxRows.end(handle, living.id(), SandboxEnd.LOST, detail(living), clock.millis()));
            return lost.size();
        });
        life.removeDead();
        return ended;
    }

    private static String detail(SandboxRows.Living lost) {
        return lost.paused() ? "its checkpoint is missing" : "its daemon was killed";
    }

    /** Returns the sandboxes of dead processes. */
    private Stream<SandboxRows.Living> rest(Handle handle) {
        return SandboxRows.living(handle).stream().filter(living -> !life.isAlive(living.owner()));
    }

    /** A machine never goes on once a checkpoint of it is complete, so one of its generation is what the sandbox is. */
    private boolean isSaved(SandboxRows.Living living) {
        return checkpoints
                .newest(living.id())
                .filter(newest -> newest.generation() == living.generation())
                .isPresent();
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
