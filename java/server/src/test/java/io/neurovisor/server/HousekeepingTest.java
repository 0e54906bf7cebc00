package io.neurovisor.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.engine.sandbox.SandboxSpec;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.host.store.UnusedPath;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.journal.ExecutionJournal;
import io.neurovisor.server.journal.ExecutionKey;
import io.neurovisor.server.sandbox.records.SandboxDatabase;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.session.SessionOwner;
import io.neurovisor.session.SessionRecorder;
import io.neurovisor.session.Sessions;
import io.neurovisor.testkit.checkpoint.TemporaryCheckpoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HousekeepingTest {
    private static final Instant BEGIN = Instant.parse("2020-01-01T10:00:00Z");

    @TempDir
    private Path data;

    private Instant now = BEGIN;

    /** As a daemon does. */
    @Test
    void appliesEachRuleNextToOpenDatabases() throws IOException {
        Path superseded = Files.createDirectories(data.resolve("templates/0123456789abcdef-old"));
        try (Sessions sessions = Sessions.open(data.resolve("sessions"), () -> now, Ticker.SYSTEM);
                ExecutionJournal journal = ExecutionJournal.open(data.resolve("journal"), () -> now)) {
            String session = talk(sessions);
            ExecutionKey key = new ExecutionKey("tenant", "key");
            journal.begin(key, "digest");
            journal.end(key, 0, new byte[10]);

            now = BEGIN.plus(ExecutionJournal.KEPT).plusSeconds(1);
            Housekeeping.Removed afterMinutes = housekeeping("30d", false).retain(sessions, journal, Optional.empty());
            assertThat(afterMinutes.sessions()).isEmpty();
            assertThat(afterMinutes.paths())
                    .extracting(UnusedPath::path)
                    .containsExactly(data.resolve("journal"), superseded);
            assertThat(superseded).doesNotExist();

            now = BEGIN.plus(Duration.ofDays(30)).plusSeconds(1);
            String line = "session " + session + " (used last 2020-01-01T10:00:00Z, kept for 30 days)";
            assertThat(housekeeping("31d", false)
                            .retain(sessions, journal, Optional.empty())
                            .items())
                    .isZero();
            assertThat(housekeeping("off", false)
                            .retain(sessions, journal, Optional.empty())
                            .items())
                    .isZero();
            assertThat(housekeeping("30d", true)
                            .retain(sessions, journal, Optional.empty())
                            .sessions())
                    .containsExactly(line);
            assertThat(housekeeping("30d", false)
                            .retain(sessions, journal, Optional.empty())
                            .sessions())
                    .containsExactly(line);
            assertThat(housekeeping("30d", false)
                            .retain(sessions, journal, Optional.empty())
                            .items())
                    .isZero();
        }
    }

    @Test
    void removesRecordsOfSandboxesAfterADay() {
        try (Sessions sessions = Sessions.open(data.resolve("sessions"), () -> now, Ticker.SYSTEM);
                ExecutionJournal journal = ExecutionJournal.open(data.resolve("journal"), () -> now);
                SandboxDatabase records = SandboxDatabase.open(
                        data.resolve("sandboxes"), () -> now, new TemporaryCheckpoints(() -> data))) {
            SandboxSpec spec = new SandboxSpec(
                    new MachineKind("base", SandboxSize.SMALL),
                    Duration.ofMinutes(5),
                    Map.of(),
                    Optional.empty(),
                    Map.of(),
                    "",
                    Optional.empty());
            SandboxRecord record = new SandboxRecord(
                    new SandboxId("a".repeat(20)),
                    "loopback",
                    spec,
                    BEGIN,
                    BEGIN,
                    Optional.empty(),
                    0,
                    Optional.of(SandboxEnd.FAILED),
                    "");
            records.insert(record);
            records.update(record);
            now = BEGIN.plus(Duration.ofDays(1));
            assertThat(housekeeping("30d", false)
                            .retain(sessions, journal, Optional.of(records))
                            .paths())
                    .isEmpty();
            now = now.plusSeconds(1);
            UnusedPath expired = new UnusedPath(
                    data.resolve("sandboxes"), "1 record of a sandbox that ended more than 24 hours ago", 0);
            for (boolean dryRun : List.of(true, false)) {
                assertThat(housekeeping("30d", dryRun)
                                .retain(sessions, journal, Optional.of(records))
                                .paths())
                        .containsExactly(expired);
            }
            assertThat(records.sweep(true)).isZero();
        }
    }

    private static String talk(Sessions sessions) {
        AgentTask task = new AgentTask(new TraceId(UUID.randomUUID()), "say 42");
        try (SessionRecorder recorder =
                sessions.record(SessionOwner.ofThisProcess(), Optional.empty(), task, "qwen3")) {
            return recorder.session().toString();
        }
    }

    private Housekeeping housekeeping(String age, boolean dryRun) {
        Map<String, String> options = Map.of("data-dir", data.toString(), "sessions-max-age", age);
        LoadedConfig loaded = LoadedConfig.load(options, Optional.empty(), new ProcessEnvironment(Map.of(), data));
        Settings settings = new Settings(Path.of(System.getProperty("neurovisor.home")), loaded.config());
        return new Housekeeping(settings, () -> now, dryRun);
    }
}
