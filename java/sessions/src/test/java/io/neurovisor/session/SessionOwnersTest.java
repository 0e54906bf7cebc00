package io.neurovisor.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.agent.model.Message;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which sessions an owner may read, continue and delete. */
final class SessionOwnersTest {
    // A uid that no process of a test has.
    private static final SessionOwner ALICE = SessionOwner.user(2_000_000_001);
    private static final SessionOwner BOB = SessionOwner.user(2_000_000_002);
    private static final SessionOwner KEY = SessionOwner.key("ci", Instant.parse("2026-11-25T12:00:00.123Z"));
    private static final SessionOwner ROOT = SessionOwner.user(0);
    private static final SessionOwner OPERATOR = SessionOwner.ofThisProcess();

    @TempDir
    private Path directory;

    private Instant now = Instant.parse("2026-11-25T12:00:00Z");
    private int runs;
    private Sessions sessions;

    @BeforeEach
    void open() {
        sessions = Sessions.open(directory, () -> now, Ticker.SYSTEM);
    }

    @AfterEach
    void close() {
        sessions.close();
    }

    @Test
    void anIdIsRandomInAllItsBits() {
        List<UUID> ids = Stream.generate(SessionId::random)
                .limit(200)
                .map(SessionId::value)
                .toList();
        assertThat(ids).doesNotHaveDuplicates();
        assertThat(ids.stream().reduce(new UUID(0, 0), SessionOwnersTest::or)).isEqualTo(new UUID(-1, -1));
        assertThat(ids.stream().map(SessionOwnersTest::not).reduce(new UUID(0, 0), SessionOwnersTest::or))
                .isEqualTo(new UUID(-1, -1));
    }

    @Test
    void aSessionIdDiffersFromItsRuns() {
        SessionId id = record(ALICE);
        assertThat(id.value())
                .isNotEqualTo(sessions.session(ALICE, id)
                        .runs()
                        .getFirst()
                        .task()
                        .traceId()
                        .value());
        assertThat(record(ALICE)).isNotEqualTo(id);
    }

    @Test
    void onlyTheOwnerContinuesASession() {
        for (SessionOwner owner : List.of(ALICE, KEY, SessionOwner.LOOPBACK, OPERATOR)) {
            SessionId id = record(owner);
            for (SessionOwner other : List.of(BOB, SessionOwner.key("ci", now), ALICE, KEY, ROOT, OPERATOR)) {
                if (!other.equals(owner)) {
                    isUnknown(id, some -> sessions.resumable(other, some));
                    isUnknown(id, some -> sessions.record(other, Optional.of(some), task(), "m"));
                }
            }
            assertThat(sessions.resumable(owner, id).owner()).isEqualTo(owner);
            sessions.record(owner, Optional.of(id), task(), "m").close();
            assertThat(sessions.session(owner, id).runs()).hasSize(2);
        }
    }

    @Test
    void aRunDoesNotRevealAnotherOwnersSession() {
        try (SessionRecorder recorder = sessions.record(ALICE, Optional.empty(), task(), "m")) {
            isUnknown(recorder.session(), id -> sessions.resumable(BOB, id));
            isUnknown(recorder.session(), id -> sessions.delete(BOB, id));
        }
    }

    @Test
    void aUserReadsAndDeletesOnlyTheirOwnSessions() {
        SessionId alices = record(ALICE);
        SessionId bobs = record(BOB);
        record(KEY);
        assertThat(sessions.list(BOB)).extracting(SessionSummary::id).containsExactly(bobs);
        isUnknown(alices, id -> sessions.session(BOB, id));
        isUnknown(alices, id -> sessions.delete(BOB, id));
        String trace = sessions.session(ALICE, alices)
                .runs()
                .getFirst()
                .task()
                .traceId()
                .toString();
        for (String text : List.of(alices.toString(), alices.toString().substring(0, 8), trace)) {
            assertThat(message(() -> sessions.find(BOB, text)))
                    .isEqualTo(
                            "there is no session \"" + text + "\"; ./neurovisor sessions list shows the existing ones");
        }
        sessions.delete(BOB, bobs);
        assertThat(sessions.list(BOB)).isEmpty();
        assertThat(sessions.list(ROOT)).hasSize(2);
    }

    @Test
    void rootAndTheDatabasesUserReadAndDeleteAll() {
        SessionId alices = record(ALICE);
        SessionId loopbacks = record(SessionOwner.LOOPBACK);
        for (SessionOwner reader : List.of(ROOT, OPERATOR)) {
            assertThat(sessions.list(reader))
                    .extracting(SessionSummary::owner)
                    .containsExactlyInAnyOrder(ALICE, SessionOwner.LOOPBACK);
            assertThat(sessions.find(reader, alices.toString())).isEqualTo(alices);
            assertThat(sessions.session(reader, loopbacks).owner()).isEqualTo(SessionOwner.LOOPBACK);
        }
        sessions.delete(ROOT, alices);
        sessions.delete(OPERATOR, loopbacks);
        assertThat(sessions.list(ROOT)).isEmpty();
    }

    @Test
    void theLastSessionIsTheCallersOwn() {
        SessionId mine = record(OPERATOR);
        now = now.plusSeconds(1);
        record(SessionOwner.LOOPBACK);
        assertThat(sessions.find(OPERATOR, "last")).isEqualTo(mine);
    }

    private SessionId record(SessionOwner owner) {
        try (SessionRecorder recorder = sessions.record(owner, Optional.empty(), task(), "m")) {
            recorder.said(new Message.User("hello"));
            return recorder.session();
        }
    }

    private AgentTask task() {
        runs++;
        return new AgentTask(new TraceId(new UUID(0x01a2148504be7000L, 0x8000000000000000L + runs)), "hello");
    }

    private interface Use {
        void of(SessionId id);
    }

    /** The message must be the same as for a missing session. */
    private static void isUnknown(SessionId foreign, Use use) {
        SessionId absent = new SessionId(new UUID(1, 2));
        assertThat(fault(() -> use.of(foreign)).fault()).isEqualTo(Fault.SESSION_UNKNOWN);
        assertThat(message(() -> use.of(foreign)))
                .isEqualTo(message(() -> use.of(absent)).replace(absent.toString(), foreign.toString()));
    }

    private static String message(ThrowingCallable call) {
        return String.valueOf(fault(call).getMessage());
    }

    private static NeuroVisorException fault(ThrowingCallable call) {
        return catchThrowableOfType(NeuroVisorException.class, call);
    }

    private static UUID or(UUID one, UUID other) {
        return new UUID(
                one.getMostSignificantBits() | other.getMostSignificantBits(),
                one.getLeastSignificantBits() | other.getLeastSignificantBits());
    }

    private static UUID not(UUID id) {
        return new UUID(~id.getMostSignificantBits(), ~id.getLeastSignificantBits());
    }
}
