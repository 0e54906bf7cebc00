package io.neurovisor.server.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.time.SteadyClock;
import io.neurovisor.testkit.ManualTicker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ExecutionJournalTest {
    private static final ExecutionKey KEY = new ExecutionKey("loopback", "k");
    private static final byte[] ANSWER = {1, 2, 3};

    @TempDir
    private Path directory;

    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    @Test
    void anExecutionBeginsOnceAcrossProcesses() {
        try (ExecutionJournal journal = open()) {
            assertThat(journal.begin(KEY, "d")).isInstanceOf(BeginResult.First.class);
            assertThat(journal.begin(KEY, "d")).isInstanceOf(BeginResult.Running.class);
            journal.end(KEY, 0, ANSWER);
        }
        try (ExecutionJournal journal = open()) {
            assertThat(journal.begin(KEY, "d")).isEqualTo(new BeginResult.Ended(List.of(ANSWER.length)));
            assertThat(journal.part(KEY, 0)).isEqualTo(ANSWER);
            assertThat(journal.begin(new ExecutionKey("key:ci", "k"), "d")).isInstanceOf(BeginResult.First.class);
        }
    }

    @Test
    void readsOutputInThePartsThatWereWritten() {
        try (ExecutionJournal journal = open()) {
            assertThat(journal.begin(KEY, "d")).isInstanceOf(BeginResult.First.class);
            journal.append(KEY, 0, ANSWER);
            assertThat(journal.part(KEY, 0)).isEqualTo(ANSWER);
            assertThat(journal.begin(KEY, "d")).isInstanceOf(BeginResult.Running.class);
            journal.end(KEY, 1, new byte[] {4});
            assertThat(journal.begin(KEY, "d")).isEqualTo(new BeginResult.Ended(List.of(3, 1)));
            assertThat(journal.part(KEY, 1)).containsExactly(4);
            now = now.plus(ExecutionJournal.KEPT).plusMillis(1);
            assertThat(journal.sweep(false)).isEqualTo(new ExecutionJournal.Expired(1, 4));
            assertThatThrownBy(() -> journal.part(KEY, 1)).hasMessageContaining("15 minutes");
        }
    }

    @Test
    void readsOutputOfTheFirstVersion() throws Exception {
        String database = "jdbc:sqlite:" + directory.resolve("journal.db");
        try (ExecutionJournal journal = open()) {
            assertThat(journal.begin(KEY, "d")).isInstanceOf(BeginResult.First.class);
            journal.end(KEY, 0, ANSWER);
        }
        try (Connection connection = DriverManager.getConnection(database);
                Statement statement = connection.createStatement()) {
            statement.execute("ALTER TABLE execution ADD COLUMN answer BLOB");
            statement.execute("UPDATE execution SET answer = x'050607'");
            statement.execute("ALTER TABLE execution DROP COLUMN answer_bytes");
            statement.execute("DROP TABLE answer_part");
            statement.execute("PRAGMA user_version = 1");
        }
        try (ExecutionJournal journal = open()) {
            assertThat(journal.begin(KEY, "d")).isEqualTo(new BeginResult.Ended(List.of(3)));
            assertThat(journal.part(KEY, 0)).containsExactly(5, 6, 7);
            now = now.plus(ExecutionJournal.KEPT).plusMillis(1);
            assertThat(journal.sweep(true)).isEqualTo(new ExecutionJournal.Expired(1, 3));
        }
    }

    @Test
    void anExecutionOfADeadProcessIsLost() throws Exception {
        try (ExecutionJournal dead = open()) {
            assertThat(dead.begin(KEY, "d")).isInstanceOf(BeginResult.First.class);
            try (ExecutionJournal other = open()) {
                assertThat(other.begin(KEY, "d")).isInstanceOf(BeginResult.Running.class);
            }
        }
        try (ExecutionJournal journal = open()) {
            assertThat(journal.begin(KEY, "d")).isInstanceOf(BeginResult.Lost.class);
            assertThat(journal.begin(KEY, "d")).isInstanceOf(BeginResult.Lost.class);
            now = now.plus(Duration.ofHours(26));
            assertThat(journal.begin(KEY, "d")).isInstanceOf(BeginResult.First.class);
        }
        try (Stream<Path> owners = Files.list(directory.resolve("owners"))) {
            assertThat(owners).isEmpty();
        }
    }

    @Test
    void keepsOutputForFifteenMinutes() {
        try (ExecutionJournal journal = open()) {
            assertThat(journal.begin(KEY, "d")).isInstanceOf(BeginResult.First.class);
            now = now.plus(Duration.ofHours(2));
            journal.end(KEY, 0, ANSWER);
            now = now.plus(ExecutionJournal.KEPT);
            assertThat(journal.begin(KEY, "d")).isInstanceOf(BeginResult.Ended.class);
            now = now.plusMillis(1);
            assertThat(journal.begin(KEY, "d")).isInstanceOf(BeginResult.First.class);
        }
    }

    @Test
    void sweepsExecutionsThatCanNoLongerBeRequested() throws Exception {
        ExecutionKey running = new ExecutionKey("loopback", "running");
        try (ExecutionJournal journal = open()) {
            assertThat(journal.begin(KEY, "d")).isInstanceOf(BeginResult.First.class);
            journal.end(KEY, 0, new byte[1 << 20]);
            assertThat(journal.begin(running, "d")).isInstanceOf(BeginResult.First.class);
            assertThat(journal.sweep(false)).isEqualTo(new ExecutionJournal.Expired(0, 0));
            now = now.plus(ExecutionJournal.KEPT).plusMillis(1);
            assertThat(journal.sweep(true)).isEqualTo(new ExecutionJournal.Expired(1, 1 << 20));
            assertThat(journal.sweep(false)).isEqualTo(new ExecutionJournal.Expired(1, 1 << 20));
            assertThat(journal.sweep(false)).isEqualTo(new ExecutionJournal.Expired(0, 0));
            assertThat(Files.size(directory.resolve("journal.db"))).isLessThan(1 << 20);
            assertThat(journal.begin(running, "d")).isInstanceOf(BeginResult.Running.class);
        }
    }

    @Test
    void aWithdrawnExecutionCanBeginAgain() {
        try (ExecutionJournal journal = open()) {
            assertThat(journal.begin(KEY, "d")).isInstanceOf(BeginResult.First.class);
            assertThatThrownBy(() -> journal.begin(KEY, "e")).hasMessageContaining("used for another request");
            journal.withdraw(KEY);
            assertThat(journal.begin(KEY, "e")).isInstanceOf(BeginResult.First.class);
        }
    }

    @Test
    void aClockThatWasSetBackLosesNoOutput() {
        try (ExecutionJournal journal = open()) {
            assertThat(journal.begin(KEY, "d")).isInstanceOf(BeginResult.First.class);
            journal.end(KEY, 0, ANSWER);
        }
        now = now.minus(Duration.ofDays(400));
        try (ExecutionJournal journal = open()) {
            assertThat(journal.begin(KEY, "d")).isInstanceOf(BeginResult.Ended.class);
            now = now.plus(ExecutionJournal.KEPT);
            assertThat(journal.begin(KEY, "d")).isInstanceOf(BeginResult.Ended.class);
            now = now.plusMillis(1);
            assertThat(journal.begin(KEY, "d")).isInstanceOf(BeginResult.First.class);
        }
    }

    @Test
    void keepsAnotherProcessesExecutionWhenAClockIsSetForward() {
        try (ExecutionJournal running = open()) {
            assertThat(running.begin(KEY, "d")).isInstanceOf(BeginResult.First.class);
            now = now.plus(Duration.ofDays(20_000));
            try (ExecutionJournal later = open()) {
                assertThat(later.sweep(true)).isEqualTo(new ExecutionJournal.Expired(0, 0));
                assertThat(later.sweep(false)).isEqualTo(new ExecutionJournal.Expired(0, 0));
                assertThat(later.begin(KEY, "d")).isInstanceOf(BeginResult.Running.class);
                running.end(KEY, 0, ANSWER);
                assertThat(later.begin(KEY, "d")).isInstanceOf(BeginResult.Ended.class);
            }
        }
    }

    @Test
    void aClockThatIsSetWhileOpenRemovesNoOutputEarly() {
        ManualTicker ticker = new ManualTicker();
        try (ExecutionJournal journal = ExecutionJournal.open(directory, new SteadyClock(() -> now, ticker))) {
            assertThat(journal.begin(KEY, "d")).isInstanceOf(BeginResult.First.class);
            for (Duration jump : List.of(Duration.ofDays(3), Duration.ofDays(-9), Duration.ofDays(20_000))) {
                now = now.plus(jump);
                assertThat(journal.begin(KEY, "d")).isInstanceOf(BeginResult.Running.class);
            }
            journal.end(KEY, 0, ANSWER);
            now = now.plus(Duration.ofDays(1));
            ticker.advance(ExecutionJournal.KEPT);
            assertThat(journal.begin(KEY, "d")).isInstanceOf(BeginResult.Ended.class);
            now = now.minus(Duration.ofDays(1));
            ticker.advance(Duration.ofMillis(1));
            assertThat(journal.begin(KEY, "d")).isInstanceOf(BeginResult.First.class);
        }
    }

    private ExecutionJournal open() {
        return ExecutionJournal.open(directory, () -> now);
    }
}
