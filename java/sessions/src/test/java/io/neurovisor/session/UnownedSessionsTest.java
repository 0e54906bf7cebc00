package io.neurovisor.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.agent.model.Message;
import io.neurovisor.database.Database;
import io.neurovisor.database.Schema;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database that the first version of the schema has made. */
final class UnownedSessionsTest {
    private static final SessionOwner USER = SessionOwner.ofThisProcess();
    private static final String TRACE = "01a21485-04be-7649-96a2-562c68d6275f";
    private static final String LATER_TRACE = "01a21485-1111-7649-96a2-562c68d6275f";

    /** As the service made them, which told it to its client and its log. */
    private static final String SERVED = "01a21485-2222-7649-96a2-562c68d6275f";

    private static final String SERVED_TRACE = "01a21485-3333-7649-96a2-562c68d6275f";

    @TempDir
    private Path directory;

    @BeforeEach
    void recordWithTheFirstVersion() {
        try (Database database = firstVersion()) {
            insertSession(database, TRACE, 1);
            insertRun(database, TRACE, TRACE, "one");
            insertRun(database, TRACE, LATER_TRACE, "two");
            insertSession(database, SERVED, 2);
            insertRun(database, SERVED, SERVED_TRACE, "three");
        }
    }

    @Test
    void theyBelongToTheUserOfTheDatabase() {
        try (Sessions sessions = open()) {
            assertThat(sessions.list(USER))
                    .hasSize(2)
                    .allSatisfy(session -> assertThat(session.owner()).isEqualTo(USER));
        }
    }

    @Test
    void noOldIdOpensOne() {
        try (Sessions sessions = open()) {
            for (String old : List.of(TRACE, LATER_TRACE, SERVED, SERVED_TRACE)) {
                SessionId id = new SessionId(UUID.fromString(old));
                for (SessionOwner caller : List.of(USER, SessionOwner.LOOPBACK)) {
                    assertThatThrownBy(() -> sessions.resumable(caller, id)).hasMessageStartingWith("no session " + id);
                }
                assertThatThrownBy(() -> sessions.session(USER, id)).hasMessageStartingWith("there is no session");
            }
            assertThatThrownBy(() -> sessions.find(USER, SERVED)).hasMessageStartingWith("there is no session");
        }
    }

    @Test
    void theyKeepAllThatWasSaid() {
        try (Sessions sessions = open()) {
            assertThat(sessions.list(USER)).extracting(SessionSummary::task).containsExactly("three", "one");
            SessionId id = sessions.find(USER, LATER_TRACE);
            assertThat(sessions.find(USER, TRACE)).isEqualTo(id);
            assertThat(SessionHistory.of(sessions.resumable(USER, id)))
                    .startsWith(new Message.User("one"))
                    .contains(new Message.User("two"));
        }
    }

    @Test
    void theyGetNewIdsOnce() {
        List<SessionSummary> before;
        try (Sessions sessions = open()) {
            before = sessions.list(USER);
        }
        try (Sessions sessions = open()) {
            assertThat(sessions.list(USER)).isEqualTo(before);
        }
    }

    @Test
    void oneOfAProcessThatStillRunsIsFoundAtTheNextStart() {
        try (Database running = firstVersion()) {
            open().close();
            insertSession(running, SERVED, 3);
            insertRun(running, SERVED, "01a21485-4444-7649-96a2-562c68d6275f", "four");
        }
        try (Sessions sessions = open()) {
            assertThat(sessions.list(USER))
                    .hasSize(3)
                    .noneMatch(session -> session.id().toString().equals(SERVED));
        }
    }

    @Test
    void aSessionThatHasAnOwnerIsLeftAlone() {
        SessionId id;
        try (Sessions sessions = open();
                SessionRecorder recorder = sessions.record(
                        SessionOwner.LOOPBACK,
                        Optional.empty(),
                        new AgentTask(new TraceId(new UUID(1, 2)), "new"),
                        "m")) {
            id = recorder.session();
        }
        try (Sessions sessions = open()) {
            assertThat(sessions.session(SessionOwner.LOOPBACK, id).owner()).isEqualTo(SessionOwner.LOOPBACK);
        }
    }

    private Database firstVersion() {
        Schema now = SessionTables.SCHEMA;
        return Database.open(
                directory.resolve("sessions.db"),
                new Schema(
                        now.content(),
                        now.applicationId(),
                        now.unusable(),
                        now.wayOut(),
                        now.versions().subList(0, 1)));
    }

    private Sessions open() {
        return Sessions.open(directory, InstantSource.system(), Ticker.SYSTEM);
    }

    private static void insertSession(Database database, String id, long used) {
        database.change(handle ->
                handle.execute("INSERT INTO session (id, begun_ms, used_ms) VALUES (?, ?, ?)", id, used, used));
    }

    private static void insertRun(Database database, String session, String trace, String task) {
        database.change(handle -> {
            handle.execute(
                    "INSERT INTO run (session_id, trace_id, task, model, begun_ms) VALUES (?, ?, ?, 'm', 1)",
                    session,
                    trace,
                    task);
            handle.execute(
                    "INSERT INTO message (run_id, role, text, said_ms) VALUES (last_insert_rowid(), 'user', ?, 1)",
                    task);
        });
    }
}
