package io.neurovisor.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.agent.loop.AgentEnd;
import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.AgentStats;
import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.loop.Excerpt;
import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.agent.model.Usage;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.trace.TraceId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SessionsTest {
    private static final TraceId FIRST = id("01a21485-04be-7649-96a2-562c68d6275f");
    private static final TraceId SECOND = id("01a21485-1111-7649-96a2-562c68d6275f");
    private static final Instant START = Instant.parse("2026-11-25T12:00:00Z");
    private static final SessionOwner ME = SessionOwner.ofThisProcess();
    private static final ToolCall GOOD = new ToolCall("a", "execute_code", "{\"language\": \"bash\"}");
    private static final ToolCall BAD = new ToolCall("a", "fly", "{}");

    @TempDir
    private Path parent;

    private Instant now = START;
    private long nanos;
    private Sessions sessions;

    @BeforeEach
    void open() {
        sessions = Sessions.open(parent.resolve("sessions"), () -> now, () -> nanos);
    }

    @AfterEach
    void close() {
        sessions.close();
    }

    @Test
    void readsARunAsItWasRecorded() {
        String odd = "a\u0000b \u001b[2J \ud83d\ude80 'quoted' -- %_";
        try (SessionRecorder recorder = sessions.record(ME, Optional.empty(), new AgentTask(FIRST, odd), "qwen3")) {
            assertThat(sessions.list(ME).getFirst().state()).isEqualTo(RunState.RUNNING);
            recorder.said(new Message.User(odd));
            recorder.iteration(1, "qwen3");
            recorder.text("thinking");
            recorder.said(new Message.Assistant("I try", List.of(GOOD, BAD)));
            recorder.called(GOOD);
            recorder.executed(GOOD, request(), result());
            recorder.said(new Message.ToolResult(GOOD, "exit_code: 3"));
            recorder.refused(BAD, "there is no tool \"fly\"");
            recorder.said(new Message.ToolResult(BAD, "there is no tool \"fly\""));
            recorder.iteration(2, "qwen3");
            recorder.said(new Message.Assistant("three", List.of()));
            now = now.plusSeconds(5);
            recorder.ended(ended(AgentEnd.ANSWERED, "three", 2));
        }
        SessionSummary summary = sessions.list(ME).getFirst();
        assertThat(summary)
                .isEqualTo(new SessionSummary(
                        summary.id(), ME, odd, "qwen3", START, START.plusSeconds(5), 1, RunState.ANSWERED));
        RecordedRun run = sessions.session(ME, summary.id()).runs().getFirst();
        assertThat(run.task()).isEqualTo(new AgentTask(FIRST, odd));
        assertThat(run.unfinishedReply()).isEmpty();
        assertThat(run.result()).contains(ended(AgentEnd.ANSWERED, "three", 2));
        assertThat(run.messages()).extracting(RecordedMessage::text).containsExactly(odd, "I try", "three");
        List<RecordedCall> calls = run.messages().get(1).calls();
        assertThat(calls).extracting(RecordedCall::call).containsExactly(GOOD, BAD);
        RecordedCall.Execution execution = calls.get(0).execution().orElseThrow();
        assertThat(execution.request()).isEqualTo(request());
        assertThat(execution.result().stdout().text(100)).isEqualTo("out");
        assertThat(execution.result().exitCode()).isEqualTo(3);
        assertThat(execution.result().outcome()).isEqualTo(Outcome.TIMED_OUT);
        assertThat(execution.result().bootTime()).contains(Duration.ofMillis(7));
        assertThat(calls.get(1).execution()).isEmpty();
        assertThat(calls.get(1).refusal()).contains("there is no tool \"fly\"");
    }

    @Test
    void continuesASessionWithItsHistory() {
        record(FIRST, "one", recorder -> {
            recorder.said(new Message.Assistant("", List.of(GOOD)));
            recorder.executed(GOOD, request(), result());
            recorder.said(new Message.ToolResult(GOOD, "exit_code: 3"));
            recorder.said(new Message.Assistant("three", List.of()));
            recorder.ended(ended(AgentEnd.ANSWERED, "three", 2));
        });
        SessionId id = sessions.find(ME, "01a21485");
        try (SessionRecorder recorder =
                sessions.record(ME, Optional.of(id), new AgentTask(SECOND, "two"), "llama3.2")) {
            recorder.said(new Message.User("two"));
            assertThatThrownBy(() -> sessions.record(
                            ME, Optional.of(id), new AgentTask(id("01b00000-0000-7000-8000-000000000000"), "x"), "m"))
                    .satisfies(failure -> assertThat(fault(failure)).isEqualTo(Fault.IN_USE));
            assertThatThrownBy(() -> sessions.delete(ME, id)).hasMessageContaining("session " + id + " is running");
            recorder.said(new Message.Assistant("four", List.of()));
            recorder.ended(ended(AgentEnd.ANSWERED, "four", 1));
        }
        assertThat(SessionHistory.of(sessions.session(ME, id)))
                .containsExactly(
                        new Message.User("one"),
                        new Message.Assistant("", List.of(GOOD)),
                        new Message.ToolResult(GOOD, "exit_code: 3"),
                        new Message.Assistant("three", List.of()),
                        new Message.User("two"),
                        new Message.Assistant("four", List.of()));
        assertThat(sessions.list(ME)).singleElement().satisfies(summary -> {
            assertThat(summary.runs()).isEqualTo(2);
            assertThat(summary.model()).isEqualTo("llama3.2");
        });
        assertThat(sessions.find(ME, SECOND.toString())).isEqualTo(id);
    }

    @Test
    void anInterruptedRunCanBeContinued() {
        record(FIRST, "one", recorder -> {
            recorder.said(new Message.Assistant("", List.of(GOOD, BAD)));
            recorder.executed(GOOD, request(), result());
        });
        record(SECOND, "two", recorder -> {
            recorder.iteration(1, "m");
            recorder.text("<think>hm</think>The answer");
            recorder.text(" is");
            recorder.ended(ended(AgentEnd.MODEL_FAILED, "", 1));
        });
        RecordedSession dead = sessions.session(ME, sessions.find(ME, FIRST.toString()));
        assertThat(dead.runs().getFirst().state()).isEqualTo(RunState.INTERRUPTED);
        assertThat(SessionHistory.of(dead))
                .containsExactly(
                        new Message.User("one"),
                        new Message.Assistant("", List.of(GOOD, BAD)),
                        new Message.ToolResult(
                                GOOD, "exit_code: 3\noutcome: timed out\nduration: 12 ms\nstdout:\nout\nstderr:\nerr"),
                        new Message.ToolResult(BAD, "error: it was not executed to its end"),
                        new Message.Assistant("[cut off before an answer]", List.of()));
        RecordedSession broken = sessions.session(ME, sessions.find(ME, SECOND.toString()));
        assertThat(broken.runs().getFirst().unfinishedReply()).isEqualTo("<think>hm</think>The answer is");
        assertThat(SessionHistory.of(broken).getLast())
                .isEqualTo(new Message.Assistant("The answer is [cut off before an answer]", List.of()));
    }

    @Test
    void recordsAnIncompleteReplyOncePerSecond() {
        try (SessionRecorder recorder = sessions.record(ME, Optional.empty(), new AgentTask(FIRST, "one"), "m")) {
            recorder.iteration(1, "m");
            recorder.text("a");
            assertThat(unfinished()).isEmpty();
            nanos += Duration.ofSeconds(1).toNanos();
            recorder.text("b");
            assertThat(unfinished()).isEqualTo("ab");
            recorder.retry("broken");
            nanos += Duration.ofSeconds(1).toNanos();
            recorder.text("c");
            assertThat(unfinished()).isEqualTo("c");
        }
    }

    @Test
    void findsASessionByAUniquePrefixOfItsId() {
        assertThatThrownBy(() -> sessions.find(ME, "last")).satisfies(SessionsTest::isUnknown);
        record(FIRST, "one", _ -> {});
        now = now.plusSeconds(1);
        record(SECOND, "two", _ -> {});
        SessionId first = sessions.find(ME, "01a21485-0");
        SessionId second = sessions.find(ME, "01A21485-1");
        assertThat(sessions.session(ME, first).runs().getFirst().task().text()).isEqualTo("one");
        assertThat(sessions.session(ME, second).runs().getFirst().task().text()).isEqualTo("two");
        assertThat(sessions.find(ME, first.toString().substring(0, 20))).isEqualTo(first);
        assertThat(sessions.find(ME, "last")).isEqualTo(second);
        assertThatThrownBy(() -> sessions.find(ME, "01a2"))
                .satisfies(SessionsTest::isUnknown)
                .hasMessageStartingWith("several sessions begin with \"01a2\", among them ")
                .hasMessageContaining(first.toString())
                .hasMessageContaining(second.toString())
                .hasMessageEndingWith("; ./neurovisor sessions list shows the existing ones");
        for (String wrong :
                List.of("", "%", "_1a2", "01a21485-04be-7649-96a2-562c68d6275ff", "x' OR '1'='1", "\u001b")) {
            assertThatThrownBy(() -> sessions.find(ME, wrong))
                    .satisfies(SessionsTest::isUnknown)
                    .hasMessageStartingWith("there is no session \"")
                    .hasMessageNotContaining("\u001b");
        }
    }

    @Test
    void deletedContentIsInNoFile() throws IOException {
        record(FIRST, "keep this", _ -> {});
        record(SECOND, "Geheimnis".repeat(5000), _ -> {});
        assertThat(contents()).contains("Geheimnis");
        SessionId second = sessions.find(ME, SECOND.toString());
        sessions.delete(ME, second);
        assertThat(contents()).doesNotContain("Geheimnis").contains("keep this");
        assertThat(sessions.list(ME)).hasSize(1);
        assertThatThrownBy(() -> sessions.delete(ME, second)).satisfies(SessionsTest::isUnknown);
        assertThatThrownBy(() -> sessions.session(ME, second)).satisfies(SessionsTest::isUnknown);
        assertThatThrownBy(() -> sessions.record(ME, Optional.of(second), new AgentTask(SECOND, "x"), "m"))
                .satisfies(SessionsTest::isUnknown);
    }

    @Test
    void removesUnusedSessionsButNotRunningOnes() {
        record(FIRST, "old", _ -> {});
        now = now.plus(Duration.ofDays(10));
        try (SessionRecorder _ = sessions.record(ME, Optional.empty(), new AgentTask(SECOND, "runs"), "m")) {
            now = now.plus(Duration.ofDays(40));
            record(id("01b00000-0000-7000-8000-000000000000"), "new", _ -> {});
            Instant then = now.minus(Duration.ofDays(30));
            assertThat(sessions.removeUnusedSince(then, true))
                    .extracting(SessionSummary::task)
                    .containsExactly("old");
            assertThat(sessions.list(ME)).hasSize(3);
            assertThat(sessions.removeUnusedSince(then, false))
                    .extracting(SessionSummary::task)
                    .containsExactly("old");
            assertThat(sessions.list(ME)).extracting(SessionSummary::task).containsExactly("new", "runs");
        }
    }

    @Test
    void sessionsAreReadableByTheOwnerOnly() throws IOException {
        Path database = parent.resolve("sessions/sessions.db");
        try (SessionRecorder _ = sessions.record(ME, Optional.empty(), new AgentTask(FIRST, "x"), "m")) {
            try (Stream<Path> files = Files.walk(parent.resolve("sessions"))) {
                assertThat(files.filter(Files::isRegularFile).toList())
                        .contains(database, parent.resolve("sessions/sessions.db-wal"))
                        .allSatisfy(
                                file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                                        .as(file.toString())
                                        .isEqualTo("rw-------"));
            }
        }
        sessions.close();
        Files.setPosixFilePermissions(database, PosixFilePermissions.fromString("rw-r--r--"));
        open();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(database)))
                .isEqualTo("rw-------");
        assertThat(loadedLibrariesOfSqlite()).isNotEmpty().allMatch(library -> library.contains("/lib/libsqlitejdbc-"));
        try (Stream<Path> files = Files.walk(parent)) {
            assertThat(files).noneMatch(file -> file.getFileName().toString().startsWith("sqlite-"));
        }
        assertThat(Sessions.openExisting(parent.resolve("other"), () -> now, () -> nanos))
                .isEmpty();
        assertThat(parent.resolve("other")).doesNotExist();
    }

    /** By default, the driver loads its library from the temporary directory, where it unpacks it as {@code sqlite-...}. */
    private static List<String> loadedLibrariesOfSqlite() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/maps")).stream()
                .map(line -> line.substring(line.indexOf('/') + 1))
                .filter(line -> line.contains("libsqlitejdbc"))
                .distinct()
                .toList();
    }

    private interface Recording {
        void on(SessionRecorder recorder);
    }

    private void record(TraceId id, String text, Recording recording) {
        try (SessionRecorder recorder = sessions.record(ME, Optional.empty(), new AgentTask(id, text), "qwen3")) {
            recorder.said(new Message.User(text));
            recording.on(recorder);
        }
    }

    private String unfinished() {
        return sessions.session(ME, sessions.find(ME, FIRST.toString()))
                .runs()
                .getFirst()
                .unfinishedReply();
    }

    private String contents() throws IOException {
        StringBuilder all = new StringBuilder();
        for (String name : List.of("sessions.db", "sessions.db-wal")) {
            all.append(Files.readString(parent.resolve("sessions").resolve(name), StandardCharsets.ISO_8859_1));
        }
        return all.toString();
    }

    private static CodeRequest request() {
        return new CodeRequest(FIRST, Language.named("bash"), "echo out");
    }

    private static CodeResult result() {
        return new CodeResult(
                Outcome.TIMED_OUT,
                3,
                Duration.ofMillis(12),
                Excerpt.of("out"),
                Excerpt.of("err"),
                Optional.of(Duration.ofMillis(7)),
                "");
    }

    private static AgentResult ended(AgentEnd end, String answer, int iterations) {
        AgentStats stats = new AgentStats(
                iterations, 2, new Usage(100, 20), Optional.of(Duration.ofMillis(1250)), Duration.ofMillis(3200));
        return new AgentResult(end, answer, "", stats, List.of());
    }

    private static TraceId id(String text) {
        return new TraceId(UUID.fromString(text));
    }

    private static Fault fault(Throwable failure) {
        return ((NeuroVisorException) failure).fault();
    }

    private static void isUnknown(Throwable failure) {
        assertThat(fault(failure)).isEqualTo(Fault.SESSION_UNKNOWN);
    }
}
