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

/** The sessions that are kept in a directory. Any number of processes may use one at the same time. */
public final class Sessions implements AutoCloseable {
    private final SessionFiles files;
    private final Database database;
    private final InstantSource clock;
    private final Ticker ticker;

    private Sessions(SessionFiles files, Database database, InstantSource clock, Ticker ticker) {
        this.files = files;
        this.database = database;
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
        requireNonNull(clock, "clock is null");
        requireNonNull(ticker, "ticker is null");
        SessionFiles files = new SessionFiles(directory);
        files.create();
        return new Sessions(files, Database.open(files.database(), SessionTables.SCHEMA), clock, ticker);
    }

    /** Empty where nothing was ever kept. */
    public static Optional<Sessions> openExisting(Path directory, InstantSource clock, Ticker ticker) {
        return new SessionFiles(directory).exist() ? Optional.of(open(directory, clock, ticker)) : Optional.empty();
    }

    /** Records a run, from now until the result is closed. The run's process is told to live as long. */
    public SessionRecorder record(AgentTask task, String model) {
        return record(new SessionId(task.traceId().value()), task, model);
    }

    /** The same for a session whose id shall not be its first run's trace id, which others may know. */
    public SessionRecorder record(SessionId id, AgentTask task, String model) {
        return record(id, task, model, false);
    }

    /**
     * Records a run that continues a session.
     *
     * @throws NeuroVisorException {@code IN_USE} while another run continues it
     */
    public SessionRecorder recordMore(SessionId id, AgentTask task, String model) {
        return record(id, task, model, true);
    }

    private SessionRecorder record(SessionId id, AgentTask task, String model, boolean exists) {
        RunLock alive = RunLock.take(files, task.traceId());
        try {
            return database.write(handle -> {
                SessionQueries queries = queries();
                RunWriter writer = new RunWriter(handle, clock.instant());
                if (exists) {
                    queries.refuseWhileRunning(handle, id);
                    writer.use(id);
                } else {
                    writer.insert(id);
                }
                return new SessionRecorder(database, writer.insertRun(id, task, model), alive, clock, ticker);
            });
        } catch (RuntimeException failure) {
            alive.close();
            throw failure;
        }
    }

    /** What was used last comes first. */
    public List<SessionSummary> list() {
        return database.read(queries()::summaries);
    }

    /**
     * The session that has the given id or trace id, or the only one whose begins so; {@code last} is the one that was used last.
     *
     * @throws NeuroVisorException {@code SESSION_UNKNOWN} where there is none, or more than one
     */
    public SessionId find(String text) {
        return database.read(handle -> queries().find(handle, text));
    }

    public RecordedSession session(SessionId id) {
        return database.read(handle -> queries().session(handle, id));
    }

    /**
     * A session to be continued.
     *
     * @throws NeuroVisorException {@code IN_USE} while a run continues it
     */
    public RecordedSession resumable(SessionId id) {
        return database.read(handle -> {
            queries().refuseWhileRunning(handle, id);
            return queries().session(handle, id);
        });
    }

    /**
     * Removes a session for good: what it said is in no file any more.
     *
     * @throws NeuroVisorException {@code IN_USE} while a run continues it
     */
    public void delete(SessionId id) {
        database.change(handle -> {
            queries().refuseWhileRunning(handle, id);
            new RunWriter(handle, clock.instant()).delete(id);
        });
        database.forgetDeleted();
    }

    /** Removes what nothing has happened in since then; tells only what that would be when it is a dry run. */
    public List<SessionSummary> removeUnusedSince(Instant then, boolean dryRun) {
        List<SessionSummary> unused = list().stream()
                .filter(session -> session.used().isBefore(then) && session.state() != RunState.RUNNING)
                .toList();
        if (!dryRun) {
            unused.forEach(session -> removeUnlessTaken(session.id()));
            RunLock.sweep(files);
        }
        return unused;
    }

    private void removeUnlessTaken(SessionId id) {
        try {
            delete(id);
        } catch (NeuroVisorException exception) {
            if (exception.fault() != Fault.IN_USE) {
                throw exception;
            }
            // Somebody has just resumed it.
        }
    }

    private SessionQueries queries() {
        return new SessionQueries(files);
    }

    @Override
    public void close() {
        database.close();
    }
}
