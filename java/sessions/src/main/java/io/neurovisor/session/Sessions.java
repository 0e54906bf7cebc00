package io.neurovisor.session;

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
 * The sessions recorded in a directory. Several processes may use it simultaneously.
 *
 * <p>Each session belongs to the owner who recorded it and who alone may continue it. A reader reads and deletes their
 * own sessions; root and the owner of the database file read and delete those of all owners. A session that the caller
 * may not use looks exactly like a missing one.
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
     * Opens the database and creates it if it is missing.
     *
     * @param directory for sessions only, accessible by its owner only
     * @throws NeuroVisorException {@code HISTORY_UNUSABLE} if the database is damaged or of a newer version
     */
    public static Sessions open(Path directory, InstantSource clock, Ticker ticker) {
        return open(directory, SessionShare.USUAL, clock, ticker);
    }

    static Sessions open(Path directory, SessionShare share, InstantSource clock, Ticker ticker) {
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

    /** Opens the database without creating it; empty if no session was ever recorded. */
    public static Optional<Sessions> openExisting(Path directory, InstantSource clock, Ticker ticker) {
        return new SessionFiles(directory).exist() ? Optional.of(open(directory, clock, ticker)) : Optional.empty();
    }

    /**
     * Records a run until the recorder is closed. The process must live as long as the run.
     *
     * @param continued the owner's session that the run continues; empty for a new one
     * @throws NeuroVisorException {@code SESSION_UNKNOWN} if the owner has no such session, {@code IN_USE} while
     *     another run continues it, {@code SESSIONS_FULL} if the owner's share is used up
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

    /** Returns the sessions that the reader may read, the most recently used first. */
    public List<SessionSummary> list(SessionOwner reader) {
        return database.read(readable(reader)::summaries);
    }

    /**
     * Returns the session whose id, or the trace id of one of whose runs, equals the text or is the only one that
     * begins with it; {@code last} stands for the reader's most recently used session.
     *
     * @throws NeuroVisorException {@code SESSION_UNKNOWN} if none or several match
     */
    public SessionId find(SessionOwner reader, String text) {
        return database.read(handle -> readable(reader).find(handle, text, reader));
    }

    /**
     * Returns a session that the reader may read.
     *
     * @throws NeuroVisorException {@code SESSION_UNKNOWN} if there is none
     */
    public RecordedSession session(SessionOwner reader, SessionId id) {
        return database.read(handle -> readable(reader).session(handle, id));
    }

    /**
     * Returns a session that its owner may continue now.
     *
     * @throws NeuroVisorException {@code SESSION_UNKNOWN} if the owner has no such session, {@code IN_USE} while a run
     *     continues it
     */
    public RecordedSession resumable(SessionOwner owner, SessionId id) {
        return database.read(handle -> {
            own(owner).refuseWhileRunning(handle, id);
            return own(owner).session(handle, id);
        });
    }

    /**
     * Deletes a session that the reader may read. Its text is in no file afterwards.
     *
     * @throws NeuroVisorException {@code SESSION_UNKNOWN} if there is none, {@code IN_USE} while a run continues it
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

    /** Removes the sessions of all owners that were not used since then. Returns them, even in a dry run. */
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
            // Another process has just resumed it.
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
