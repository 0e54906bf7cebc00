package io.neurovisor.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.agent.model.Message;
import io.neurovisor.database.Database;
import io.neurovisor.database.Schema;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An owner that records as much as it can leaves room for the others. */
final class SessionShareTest {
    private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");
    private static final SessionOwner FLOOD = SessionOwner.key("flood", NOW);
    private static final SessionOwner CI = SessionOwner.key("ci", NOW);

    @TempDir
    private Path directory;

    private int runs;

    @Test
    void limitsTheSessionsOfAnOwner() {
        try (Sessions sessions = open(new SessionShare(3, 1 << 20))) {
            SessionId first = record(sessions, FLOOD, Optional.empty(), "one");
            record(sessions, FLOOD, Optional.empty(), "two");
            record(sessions, FLOOD, Optional.empty(), "three");
            isRefused(sessions, Optional.empty(), "has 3 sessions of 0 MiB; the limits of an owner are 3 and 1 MiB");
            record(sessions, FLOOD, Optional.of(first), "one that exists is continued");
            record(sessions, CI, Optional.empty(), "another owner");
            sessions.delete(FLOOD, first);
            record(sessions, FLOOD, Optional.empty(), "four");
            assertThat(sessions.list(FLOOD)).hasSize(3);
            assertThat(sessions.list(CI)).hasSize(1);
        }
    }

    @Test
    void limitsTheBytesOfAnOwner() {
        try (Sessions sessions = open(new SessionShare(100, 2 << 20))) {
            SessionId id;
            try (SessionRecorder recorder = sessions.record(FLOOD, Optional.empty(), task("large"), "m")) {
                id = recorder.session();
                recorder.said(new Message.User("x".repeat((2 << 20) - 1_000)));
                record(sessions, FLOOD, Optional.empty(), "there is room yet");
                // Two bytes each.
                recorder.said(new Message.User("\u00e4".repeat(500)));
                isRefused(sessions, Optional.empty(), "has 2 sessions of 2 MiB");
                recorder.said(new Message.User("the end"));
            }
            isRefused(sessions, Optional.of(id), "has 2 sessions of 2 MiB");
            assertThat(sessions.session(FLOOD, id).runs().getFirst().messages())
                    .extracting(RecordedMessage::text)
                    .hasSize(3)
                    .endsWith("the end");
            record(sessions, CI, Optional.empty(), "another owner");
            sessions.delete(FLOOD, id);
            record(sessions, FLOOD, Optional.empty(), "there is room again");
        }
    }

    @Test
    void countsRunsWithLittleText() {
        try (Sessions sessions = open(new SessionShare(100, 10_000))) {
            SessionId id = record(sessions, FLOOD, Optional.empty(), "x");
            assertThatThrownBy(() -> {
                        for (int count = 0; count < 100; count++) {
                            record(sessions, FLOOD, Optional.of(id), "x");
                        }
                    })
                    .hasMessageContaining("has 1 sessions");
        }
    }

    @Test
    void countsSessionsOfEarlierVersions() {
        Schema now = SessionTables.SCHEMA;
        Schema second = new Schema(
                now.content(),
                now.applicationId(),
                now.unusable(),
                now.wayOut(),
                now.versions().subList(0, 2));
        String id = UUID.randomUUID().toString();
        try (Database database = Database.open(directory.resolve("sessions.db"), second)) {
            database.change(handle -> {
                handle.execute(
                        "INSERT INTO session (id, owner, begun_ms, used_ms) VALUES (?, ?, 1, 1)", id, FLOOD.label());
                handle.execute(
                        "INSERT INTO run (id, session_id, trace_id, task, model, begun_ms) VALUES (7, ?, 't', 'task', 'm', 1)",
                        id);
                handle.execute(
                        "INSERT INTO message (id, run_id, role, text, said_ms) VALUES (8, 7, 'assistant', ?, 1)",
                        "\u00e4".repeat(1 << 19));
                handle.execute("INSERT INTO tool_call (id, message_id, call_id, name, arguments, result)"
                        + " VALUES (9, 8, 'c', 'execute_code', '{}', 'result')");
                handle.execute("INSERT INTO execution (tool_call_id, language, code, outcome, exit_code, duration_ms,"
                        + " stdout, stdout_bytes, stderr, stderr_bytes, detail)"
                        + " VALUES (9, 'python', 'code', 'COMPLETED', 0, 1, 'out', 3, '', 0, '')");
            });
        }
        try (Sessions sessions = open(new SessionShare(100, (1 << 20) + 19))) {
            isRefused(sessions, Optional.empty(), "has 1 sessions of 1 MiB");
        }
        try (Sessions sessions = open(new SessionShare(100, (1 << 20) + 20))) {
            record(sessions, FLOOD, Optional.empty(), "there is room");
        }
    }

    @Test
    void theShareIsTheDocumentedOne() {
        assertThat(SessionShare.USUAL).isEqualTo(new SessionShare(10_000, 1L << 30));
    }

    private void isRefused(Sessions sessions, Optional<SessionId> continued, String problem) {
        assertThatThrownBy(() -> record(sessions, FLOOD, continued, "more"))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        refusal -> assertThat(refusal.fault()).isEqualTo(Fault.SESSIONS_FULL))
                .hasMessageStartingWith("key:flood@2026-11-25T12:00:00Z " + problem)
                .hasMessageContaining("./neurovisor sessions delete");
    }

    private SessionId record(Sessions sessions, SessionOwner owner, Optional<SessionId> continued, String text) {
        try (SessionRecorder recorder = sessions.record(owner, continued, task(text), "m")) {
            return recorder.session();
        }
    }

    private AgentTask task(String text) {
        runs++;
        return new AgentTask(new TraceId(new UUID(runs, runs)), text);
    }

    private Sessions open(SessionShare share) {
        return Sessions.open(directory, share, () -> NOW, Ticker.SYSTEM);
    }
}
