package io.neurovisor.session;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.database.Database;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Ticker;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * The sessions that are kept in a directory. Any number of processes may use one at the same time.
 *
 * <p>Each session belongs to the owner who recorded it, who alone continues it. A reader reads and deletes its own sessions;
 * root, and the user whose file the database is, those of all owners. A session that the caller may not use is answered
 * exactly like one that does not exist.
 */
public final class Sessions implements AutoCloseable {
    private final SessionFiles files;
    private final Database database;
    private final SessionOwner operator;
    private final SessionShare share;
    private final InstantSource clock;
    private final Ticker ticker;

    private Sessions(
            SessionFiles files,
            Database database,
            SessionOwner operator,
            SessionShare share,
            InstantSource clock,
            Ticker ticker) {
        this.files = files;
        this.database = database;
        this.operator = operator;
        this.share = share;
        this.clock = clock;
        this.ticker = ticker;
    }

    /**
     * Makes the database where there is none.
     *
     * @param directory for sessions alone; whatever is in it is nobody's but its owner's
     * @throws NeuroVisorException {@code HISTORY_UNUSABLE} for a database that is damaged or of a newer version
     */
    public static Sessions open(Path directory, InstantSource clock, Ticker ticker) {
        return open(directory, SessionShare.USUAL, clock, ticker);
    }

    static Sessions open(Path directory, SessionShare share, InstantSource clock, Ticker ticker) {
        requireNonNull(clock, "clock is null");
        requireNonNull(ticker, "ticker is null");
        SessionFiles files = new SessionFiles(directory);
        files.create();
        Database database = Database.open(files.database(), SessionTables.SCHEMA);
        try {
            SessionOwner operator = SessionOwner.ofFile(files.database());
            new UnownedSessions(database).giveTo(operator);
            return new Sessions(files, database, operator, share, clock, ticker);
        } catch (RuntimeException failure) {
            database.close();
            throw failure;
        }
    }

    /** Empty where nothing was ever kept. */
    public static Optional<Sessions> openExisting(Path directory, InstantSource clock, Ticker ticker) {
        return new SessionFiles(directory).exist() ? Optional.of(open(directory, clock, ticker)) : Optional.empty();
    }

    /**
     * Records a run until the recorder is closed; the run's process must live as long.
     *
     * @param continued the owner's session that the run belongs to; empty for a new one
     * @throws NeuroVisorException {@code SESSION_UNKNOWN} where the owner has no such session, {@code IN_USE} while another run
     *     continues it, {@code SESSIONS_FULL} where as much is kept of the owner's sessions as of any
     */
    public SessionRecorder record(SessionOwner owner, Optional<SessionId> continued, AgentTask task, String model) {
        RunLock alive = RunLock.take(files, task.traceId());
        try {
            return database.write(handle -> {
                RunWriter writer = new RunWriter(handle, clock.instant());
                SessionId id = continued.orElseGet(SessionId::random);
                share.require(handle, owner, continued.isEmpty());
                if (continued.isPresent()) {
                    own(owner).refuseWhileRunning(handle, id);
                    writer.use(id);
                } else {
                    writer.insert(id, owner);
                }
                long run = writer.insertRun(id, task, model);
                writer.countBytes(id);
                return new SessionRecorder(database, id, run, alive, clock, ticker);
            });
        } catch (RuntimeException failure) {
            alive.close();
            throw failure;
        }
    }

    /** The sessions that the reader may read; the one used last comes first. */
    public List<SessionSummary> list(SessionOwner reader) {
        return database.read(readable(reader)::summaries);
    }

    /**
     * Returns the session that the reader may read whose id, or the trace id of one of whose runs, is the given text or is the
     * only one to begin with it; {@code last} is the reader's own session that was used last.
     *
     * @throws NeuroVisorException {@code SESSION_UNKNOWN} where there is none, or more than one
     */
    public SessionId find(SessionOwner reader, String text) {
        return database.read(handle -> readable(reader).find(handle, text, reader));
    }

    /**
     * Returns a session that the reader may read.
     *
     * @throws NeuroVisorException {@code SESSION_UNKNOWN} where there is none
     */
    public RecordedSession session(SessionOwner reader, SessionId id) {
        return database.read(handle -> readable(reader).session(handle, id));
    }

    /**
     * Returns a session that its owner is about to continue.
     *
     * @throws NeuroVisorException {@code SESSION_UNKNOWN} where the owner has no such session, {@code IN_USE} while a run
     *     continues it
     */
    public RecordedSession resumable(SessionOwner owner, SessionId id) {
        return database.read(handle -> {
            own(owner).refuseWhileRunning(handle, id);
            return own(owner).session(handle, id);
        });
    }

    /**
     * Removes a session that the reader may read: its text is in no file afterwards.
     *
     * @throws NeuroVisorException {@code SESSION_UNKNOWN} where there is none, {@code IN_USE} while a run continues it
     */
    public void delete(SessionOwner reader, SessionId id) {
        delete(readable(reader), id);
    }

    private void delete(SessionQueries queries, SessionId id) {
        database.change(handle -> {
            queries.refuseWhileRunning(handle, id);
            new RunWriter(handle, clock.instant()).delete(id);
        });
        database.forgetDeleted();
    }

    /** Removes the sessions of all owners that were not used since then; returns them also when it is a dry run. */
    public List<SessionSummary> removeUnusedSince(Instant then, boolean dryRun) {
        SessionQueries all = new SessionQueries(files, Optional.empty());
        List<SessionSummary> unused = database.read(all::summaries).stream()
                .filter(session -> session.used().isBefore(then) && session.state() != RunState.RUNNING)
                .toList();
        if (!dryRun) {
            unused.forEach(session -> removeUnlessTaken(all, session.id()));
            RunLock.sweep(files);
        }
        return unused;
    }

    private void removeUnlessTaken(SessionQueries all, SessionId id) {
        try {
            delete(all, id);
        } catch (NeuroVisorException exception) {
            if (exception.fault() != Fault.IN_USE) {
                throw exception;
            }
            // Somebody has just resumed it.
        }
    }

    private SessionQueries own(SessionOwner owner) {
        return new SessionQueries(files, Optional.of(owner));
    }

    private SessionQueries readable(SessionOwner reader) {
        return new SessionQueries(
                files, reader.isRoot() || reader.equals(operator) ? Optional.empty() : Optional.of(reader));
    }

    @Override
    public void close() {
        database.close();
    }
}
