package io.neurovisor.session;

import io.neurovisor.agent.loop.AgentEnd;
import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.AgentStats;
import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.loop.Excerpt;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.agent.model.Usage;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.session.RecordedMessage.Role;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Reads runs. Content that no version can have written means a damaged database. */
record RunRows(SessionFiles files) {
    List<RecordedRun> runs(Handle handle, SessionId session) {
        return handle.createQuery("SELECT * FROM run WHERE session_id = :session ORDER BY id")
                .bind("session", session.toString())
                .map((row, _) -> run(handle, row))
                .list();
    }

    private RecordedRun run(Handle handle, ResultSet row) throws SQLException {
        TraceId traceId = new TraceId(id(text(row, "trace_id")));
        return new RecordedRun(
                new AgentTask(traceId, text(row, "task")),
                text(row, "model"),
                Instant.ofEpochMilli(row.getLong("begun_ms")),
                state(row),
                messages(handle, row.getLong("id"), traceId),
                text(row, "unfinished_reply"),
                result(row));
    }

    private List<RecordedMessage> messages(Handle handle, long run, TraceId traceId) {
        return handle.createQuery("SELECT * FROM message WHERE run_id = :run ORDER BY id")
                .bind("run", run)
                .map((row, _) -> new RecordedMessage(
                        constant(Role.class, text(row, "role").toUpperCase(Locale.ROOT)),
                        text(row, "text"),
                        Instant.ofEpochMilli(row.getLong("said_ms")),
                        calls(handle, row.getLong("id"), traceId)))
                .list();
    }

    private List<RecordedCall> calls(Handle handle, long message, TraceId traceId) {
        return handle.createQuery("""
                        SELECT * FROM tool_call LEFT JOIN execution ON execution.tool_call_id = tool_call.id
                        WHERE message_id = :message ORDER BY tool_call.id
                        """)
                .bind("message", message)
                .map((row, _) -> new RecordedCall(
                        new ToolCall(text(row, "call_id"), text(row, "name"), text(row, "arguments")),
                        execution(row, traceId),
                        Optional.ofNullable(row.getString("refusal")),
                        Optional.ofNullable(row.getString("result"))))
                .list();
    }

    private Optional<RecordedCall.Execution> execution(ResultSet row, TraceId traceId) throws SQLException {
        if (row.getString("outcome") == null) {
            return Optional.empty();
        }
        CodeRequest request = new CodeRequest(traceId, Language.named(text(row, "language")), text(row, "code"));
        CodeResult result = new CodeResult(
                constant(Outcome.class, text(row, "outcome")),
                row.getInt("exit_code"),
                Duration.ofMillis(row.getLong("duration_ms")),
                Excerpt.of(text(row, "stdout")),
                Excerpt.of(text(row, "stderr")),
                duration(row, "boot_ms"),
                text(row, "detail"));
        return Optional.of(
                new RecordedCall.Execution(request, result, row.getLong("stdout_bytes"), row.getLong("stderr_bytes")));
    }

    private Optional<AgentResult> result(ResultSet row) throws SQLException {
        String ending = row.getString("ending");
        if (ending == null) {
            return Optional.empty();
        }
        AgentStats stats = new AgentStats(
                row.getInt("iterations"),
                row.getInt("tool_calls"),
                new Usage(row.getInt("prompt_tokens"), row.getInt("reply_tokens")),
                duration(row, "model_load_ms"),
                Duration.ofMillis(row.getLong("total_ms")));
        return Optional.of(new AgentResult(
                constant(AgentEnd.class, ending), text(row, "answer"), text(row, "explanation"), stats, List.of()));
    }

    private static Optional<Duration> duration(ResultSet row, String column) throws SQLException {
        long millis = row.getLong(column);
        return row.wasNull() ? Optional.empty() : Optional.of(Duration.ofMillis(millis));
    }

    /** Returns the state of a row with {@code trace_id} and {@code ending}. */
    RunState state(ResultSet row) throws SQLException {
        String ending = row.getString("ending");
        if (ending != null) {
            return RunState.of(constant(AgentEnd.class, ending));
        }
        return RunLock.isTaken(files, new TraceId(id(text(row, "trace_id")))) ? RunState.RUNNING : RunState.INTERRUPTED;
    }

    String text(ResultSet row, String column) throws SQLException {
        String text = row.getString(column);
        if (text == null) {
            throw files.faults().damaged("a row has no " + column, null);
        }
        return text;
    }

    UUID id(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException exception) {
            throw files.faults().damaged("\"" + text + "\" is not an id", exception);
        }
    }

    SessionOwner owner(ResultSet row) throws SQLException {
        String label = text(row, "owner");
        try {
            return new SessionOwner(label);
        } catch (IllegalArgumentException exception) {
            throw files.faults().damaged("\"" + label + "\" is not an owner", exception);
        }
    }

    private <E extends Enum<E>> E constant(Class<E> type, String name) {
        try {
            return Enum.valueOf(type, name);
        } catch (IllegalArgumentException exception) {
            throw files.faults().damaged("\"" + name + "\" is not a valid " + type.getSimpleName(), exception);
        }
    }
}
