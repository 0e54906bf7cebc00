package io.neurovisor.session;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.text.Harmless;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jdbi.v3.core.Handle;

/** The statements that find sessions. */
final class SessionQueries {
    /** The word for the session that was used last. */
    private static final String LAST = "last";

    private static final int MAX_SHOWN_CHARACTERS = 60;

    private static final String SUMMARIES = """
            SELECT session.id, session.begun_ms, session.used_ms, first.task, last.model, last.trace_id, last.ending,
                (SELECT count(*) FROM run WHERE session_id = session.id) AS runs
            FROM session
                JOIN run AS first ON first.id = (SELECT min(id) FROM run WHERE session_id = session.id)
                JOIN run AS last ON last.id = (SELECT max(id) FROM run WHERE session_id = session.id)
            ORDER BY session.used_ms DESC, session.id DESC
            """;

    private final SessionFiles files;

    SessionQueries(SessionFiles files) {
        this.files = requireNonNull(files, "files is null");
    }

    List<SessionSummary> summaries(Handle handle) {
        return handle.createQuery(SUMMARIES).map((row, _) -> summary(row)).list();
    }

    private SessionSummary summary(ResultSet row) throws SQLException {
        RunRows rows = new RunRows(files);
        return new SessionSummary(
                new SessionId(rows.id(rows.text(row, "id"))),
                rows.text(row, "task"),
                rows.text(row, "model"),
                Instant.ofEpochMilli(row.getLong("begun_ms")),
                Instant.ofEpochMilli(row.getLong("used_ms")),
                row.getInt("runs"),
                rows.state(row));
    }

    SessionId find(Handle handle, String text) {
        String wanted = text.strip().toLowerCase(Locale.ROOT);
        List<String> found = wanted.equals(LAST) ? last(handle) : beginning(handle, wanted);
        if (found.isEmpty()) {
            throw unknown("there is no session \"" + shown(text) + "\"");
        }
        if (found.size() > 1) {
            throw unknown("several sessions begin with \"" + shown(text) + "\", among them " + found.get(0) + " and "
                    + found.get(1));
        }
        return new SessionId(new RunRows(files).id(found.getFirst()));
    }

    private static List<String> last(Handle handle) {
        return handle.createQuery("SELECT id FROM session ORDER BY used_ms DESC, id DESC LIMIT 1")
                .mapTo(String.class)
                .list();
    }

    /** No pattern of SQL's, for the text may have its signs in it. */
    private static List<String> beginning(Handle handle, String wanted) {
        if (wanted.isEmpty()) {
            return List.of();
        }
        return handle.createQuery("""
                        SELECT DISTINCT session_id FROM run
                        WHERE substr(session_id, 1, length(:wanted)) = :wanted
                            OR substr(trace_id, 1, length(:wanted)) = :wanted
                        ORDER BY session_id LIMIT 2
                        """)
                .bind("wanted", wanted)
                .mapTo(String.class)
                .list();
    }

    RecordedSession session(Handle handle, SessionId id) {
        RunRows rows = new RunRows(files);
        List<RecordedRun> runs = rows.runs(handle, id);
        if (runs.isEmpty()) {
            throw unknown("there is no session " + id);
        }
        return handle.createQuery("SELECT begun_ms, used_ms FROM session WHERE id = :id")
                .bind("id", id.toString())
                .map((row, _) -> new RecordedSession(
                        id,
                        Instant.ofEpochMilli(row.getLong("begun_ms")),
                        Instant.ofEpochMilli(row.getLong("used_ms")),
                        runs))
                .findOne()
                // Deleted between the two questions.
                .orElseThrow(() -> unknown("there is no session " + id));
    }

    /** Also refuses a session that is not there any more. */
    void refuseWhileRunning(Handle handle, SessionId id) {
        List<RunState> states = handle.createQuery("SELECT trace_id, ending FROM run WHERE session_id = :id")
                .bind("id", id.toString())
                .map((row, _) -> new RunRows(files).state(row))
                .list();
        if (states.isEmpty()) {
            throw unknown("there is no session " + id);
        }
        if (states.contains(RunState.RUNNING)) {
            throw new NeuroVisorException(
                    Fault.IN_USE, "session " + id + " is running; wait for its end, or end it, and try again");
        }
    }

    private static NeuroVisorException unknown(String problem) {
        return new NeuroVisorException(
                Fault.SESSION_UNKNOWN, problem + "; ./neurovisor sessions list shows what there is");
    }

    /** What somebody typed, as far as it can be shown. */
    private static String shown(String text) {
        String printable = Harmless.line(text);
        return printable.length() > MAX_SHOWN_CHARACTERS
                ? printable.substring(0, MAX_SHOWN_CHARACTERS) + "..."
                : printable;
    }
}
