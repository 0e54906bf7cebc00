package io.neurovisor.session;

import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.session.RecordedMessage.Role;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Update;

/** Writes runs, within the caller's transaction. */
final class RunWriter {
    /** The limit for each output stream of a program; more than a model is ever shown. */
    private static final int OUTPUT_CHARACTERS = 64 << 10;

    /** The size that each row counts in addition to its texts, so that runs with little text are counted, too. */
    private static final int ROW_BYTES = 200;

    private final Handle handle;
    private final Instant now;
    private long bytes;

    RunWriter(Handle handle, Instant now) {
        this.handle = handle;
        this.now = now;
    }

    void insert(SessionId id, SessionOwner owner) {
        handle.createUpdate("INSERT INTO session (id, owner, begun_ms, used_ms) VALUES (:id, :owner, :now, :now)")
                .bind("id", id.toString())
                .bind("owner", owner.label())
                .bind("now", now.toEpochMilli())
                .execute();
    }

    void use(SessionId id) {
        handle.createUpdate("UPDATE session SET used_ms = :now WHERE id = :id")
                .bind("id", id.toString())
                .bind("now", now.toEpochMilli())
                .execute();
    }

    void sandbox(SessionId id, String sandbox) {
        handle.createUpdate("UPDATE session SET sandbox = :sandbox WHERE id = :id")
                .bind("id", id.toString())
                .bind("sandbox", sandbox)
                .execute();
    }

    /** Adds the size of what was written since the last call to the session's size. */
    void countBytes(SessionId id) {
        if (bytes > 0) {
            handle.createUpdate("UPDATE session SET bytes = bytes + :bytes WHERE id = :id")
                    .bind("id", id.toString())
                    .bind("bytes", bytes)
                    .execute();
            bytes = 0;
        }
    }

    private String counted(String text) {
        bytes += text.getBytes(StandardCharsets.UTF_8).length;
        return text;
    }

    void delete(SessionId id) {
        handle.createUpdate("DELETE FROM session WHERE id = :id")
                .bind("id", id.toString())
                .execute();
    }

    long insertRun(SessionId session, AgentTask task, String model) {
        bytes += ROW_BYTES;
        return key(handle.createUpdate("""
                        INSERT INTO run (session_id, trace_id, task, model, begun_ms)
                        VALUES (:session, :trace, :task, :model, :now)
                        """)
                .bind("session", session.toString())
                .bind("trace", task.traceId().toString())
                .bind("task", counted(task.text()))
                .bind("model", model)
                .bind("now", now.toEpochMilli()));
    }

    /** Stores the progress of a run; replaces the earlier state of an unfinished reply. */
    void progress(long run, int iterations, String unfinishedReply) {
        handle.createUpdate("UPDATE run SET iterations = :iterations, unfinished_reply = :reply WHERE id = :run")
                .bind("run", run)
                .bind("iterations", iterations)
                .bind("reply", unfinishedReply)
                .execute();
    }

    long insertMessage(long run, Role role, String text) {
        bytes += ROW_BYTES;
        return key(handle.createUpdate(
                        "INSERT INTO message (run_id, role, text, said_ms) VALUES (:run, :role, :text, :now)")
                .bind("run", run)
                .bind("role", role.name().toLowerCase(Locale.ROOT))
                .bind("text", counted(text))
                .bind("now", now.toEpochMilli()));
    }

    long insertCall(long message, ToolCall call) {
        bytes += ROW_BYTES;
        return key(handle.createUpdate("""
                        INSERT INTO tool_call (message_id, call_id, name, arguments)
                        VALUES (:message, :id, :name, :arguments)
                        """)
                .bind("message", message)
                .bind("id", call.id())
                .bind("name", call.name())
                .bind("arguments", counted(call.arguments())));
    }

    void refuse(long call, String reason) {
        handle.createUpdate("UPDATE tool_call SET refusal = :reason WHERE id = :call")
                .bind("call", call)
                .bind("reason", counted(reason))
                .execute();
    }

    void result(long call, String result) {
        handle.createUpdate("UPDATE tool_call SET result = :result WHERE id = :call")
                .bind("call", call)
                .bind("result", counted(result))
                .execute();
    }

    void insertExecution(long call, CodeRequest request, CodeResult result) {
        bytes += ROW_BYTES;
        handle.createUpdate("""
                        INSERT INTO execution (tool_call_id, language, code, outcome, exit_code, duration_ms, boot_ms,
                            stdout, stdout_bytes, stderr, stderr_bytes, detail)
                        VALUES (:call, :language, :code, :outcome, :exitCode, :duration, :boot,
                            :stdout, :stdoutBytes, :stderr, :stderrBytes, :detail)
                        """)
                .bind("call", call)
                .bind("language", request.language().label())
                .bind("code", counted(request.code()))
                .bind("outcome", result.outcome().name())
                .bind("exitCode", result.exitCode())
                .bind("duration", result.duration().toMillis())
                .bind("boot", result.bootTime().map(Duration::toMillis).orElse(null))
                .bind("stdout", counted(result.stdout().text(OUTPUT_CHARACTERS)))
                .bind("stdoutBytes", result.stdout().totalBytes())
                .bind("stderr", counted(result.stderr().text(OUTPUT_CHARACTERS)))
                .bind("stderrBytes", result.stderr().totalBytes())
                .bind("detail", counted(result.detail()))
                .execute();
    }

    void end(long run, AgentResult result, String unfinishedReply) {
        progress(run, result.stats().iterations(), counted(unfinishedReply));
        handle.createUpdate("""
                        UPDATE run SET ended_ms = :now, ending = :ending, answer = :answer, explanation = :explanation,
                            tool_calls = :toolCalls, prompt_tokens = :prompt, reply_tokens = :reply,
                            model_load_ms = :load, total_ms = :total
                        WHERE id = :run
                        """)
                .bind("run", run)
                .bind("now", now.toEpochMilli())
                .bind("ending", result.end().name())
                .bind("answer", counted(result.answer()))
                .bind("explanation", counted(result.explanation()))
                .bind("toolCalls", result.stats().toolCalls())
                .bind("prompt", result.stats().usage().prompt())
                .bind("reply", result.stats().usage().reply())
                .bind("load", result.stats().loadTime().map(Duration::toMillis).orElse(null))
                .bind("total", result.stats().total().toMillis())
                .execute();
        handle.createUpdate("""
                        UPDATE session SET used_ms = :now WHERE id = (SELECT session_id FROM run WHERE id = :run)
                        """)
                .bind("now", now.toEpochMilli())
                .bind("run", run)
                .execute();
    }

    private static long key(Update insert) {
        return insert.executeAndReturnGeneratedKeys().mapTo(Long.class).one();
    }
}
