package io.neurovisor.session;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.text.UntrustedText;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/** Finds sessions of one owner or of all. Another owner's session looks exactly like a missing one. */
final class SessionQueries {
    private static final String LAST = "last";

    private static final int MAX_SHOWN_CHARACTERS = 60;

    /** Part of each query that reads {@code session}. */
    private static final String VISIBLE = "(:owner IS NULL OR session.owner = :owner)";

    private static final String SUMMARIES = """
            SELECT session.id, session.owner, session.begun_ms, session.used_ms,
                first.task, last.model, last.trace_id, last.ending,
                (SELECT count(*) FROM run WHERE session_id = session.id) AS runs
            FROM session
                JOIN run AS first ON first.id = (SELECT min(id) FROM run WHERE session_id = session.id)
                JOIN run AS last ON last.id = (SELECT max(id) FROM run WHERE session_id = session.id)
            WHERE %s
            ORDER BY session.used_ms DESC, session.rowid DESC
            """.formatted(VISIBLE);

    private final RunRows rows;
    private final Optional<SessionOwner> owner;

    /** @param owner whose sessions are found; empty for those of all owners */
    SessionQueries(SessionFiles files, Optional<SessionOwner> owner) {
        this.rows = new RunRows(files);
        this.owner = owner;
    }

    List<SessionSummary> summaries(Handle handle) {
        return visible(handle, SUMMARIES).map((row, _) -> summary(row)).list();
    }

    private SessionSummary summary(ResultSet row) throws SQLException {
        return new SessionSummary(
                new SessionId(rows.id(rows.text(row, "id"))),
                rows.owner(row),
                rows.text(row, "task"),
                rows.text(row, "model"),
                Instant.ofEpochMilli(row.getLong("begun_ms")),
                Instant.ofEpochMilli(row.getLong("used_ms")),
                row.getInt("runs"),
                rows.state(row));
    }

    /** @param caller the owner to whom {@code last} refers */
    SessionId find(Handle handle, String text, SessionOwner caller) {
        String wanted = text.strip().toLowerCase(Locale.ROOT);
        List<String> found = wanted.equals(LAST) ? last(handle, caller) : beginning(handle, wanted);
        if (found.isEmpty()) {
            throw unknown("there is no session \"" + shown(text) + "\"");
        }
        if (found.size() > 1) {
            throw unknown("several sessions begin with \"" + shown(text) + "\", among them " + found.get(0) + " and "
                    + found.get(1));
        }
        return new SessionId(rows.id(found.getFirst()));
    }

    private static List<String> last(Handle handle, SessionOwner caller) {
        return handle.createQuery(
                        "SELECT id FROM session WHERE owner = :caller ORDER BY used_ms DESC, rowid DESC LIMIT 1")
                .bind("caller", caller.label())
                .mapTo(String.class)
                .list();
    }

    /** Compares prefixes instead of using LIKE, because the text may contain its wildcards. */
    private List<String> beginning(Handle handle, String wanted) {
        if (wanted.isEmpty()) {
            return List.of();
        }
        return visible(handle, """
                        SELECT DISTINCT session.id FROM session JOIN run ON run.session_id = session.id
                        WHERE %s AND (substr(session.id, 1, length(:wanted)) = :wanted
                            OR substr(run.trace_id, 1, length(:wanted)) = :wanted)
                        ORDER BY session.id LIMIT 2
                        """.formatted(VISIBLE))
                .bind("wanted", wanted)
                .mapTo(String.class)
                .list();
    }

    RecordedSession session(Handle handle, SessionId id) {
        return visible(handle, "SELECT owner, begun_ms, used_ms, sandbox FROM session WHERE id = :id AND " + VISIBLE)
                .bind("id", id.toString())
                .map((row, _) -> new RecordedSession(
                        id,
                        rows.owner(row),
                        Instant.ofEpochMilli(row.getLong("begun_ms")),
                        Instant.ofEpochMilli(row.getLong("used_ms")),
                        Optional.ofNullable(row.getString("sandbox")),
                        rows.runs(handle, id)))
                .findOne()
                // It has none if another process has deleted it between the two queries.
                .filter(session -> !session.runs().isEmpty())
                .orElseThrow(() -> unknown(id));
    }

    /** Throws if a run is running, or if the session no longer exists. */
    void refuseWhileRunning(Handle handle, SessionId id) {
        List<RunState> states = visible(handle, """
                        SELECT run.trace_id, run.ending FROM run JOIN session ON session.id = run.session_id
                        WHERE session.id = :id AND %s
                        """.formatted(VISIBLE))
                .bind("id", id.toString())
                .map((row, _) -> rows.state(row))
                .list();
        if (states.isEmpty()) {
            throw unknown(id);
        }
        if (states.contains(RunState.RUNNING)) {
            throw new NeuroVisorException(
                    Fault.IN_USE, "session " + id + " is running; wait for its end or cancel it, and try again");
        }
    }

    private Query visible(Handle handle, String sql) {
        return handle.createQuery(sql)
                .bind("owner", owner.map(SessionOwner::label).orElse(null));
    }

    private NeuroVisorException unknown(SessionId id) {
        return unknown(
                owner.map(some -> "no session " + id + " belongs to " + some).orElse("there is no session " + id));
    }

    private static NeuroVisorException unknown(String problem) {
        return new NeuroVisorException(
                Fault.SESSION_UNKNOWN, problem + "; ./neurovisor sessions list shows the existing ones");
    }

    /** Returns the typed text if it is safe to show. */
    private static String shown(String text) {
        String printable = UntrustedText.line(text);
        return printable.length() > MAX_SHOWN_CHARACTERS
                ? printable.substring(0, MAX_SHOWN_CHARACTERS) + "..."
                : printable;
    }
}
