package io.neurovisor.server.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tenant that floods the journal leaves room for the others. */
final class JournalSharesTest {
    private static final long EXECUTIONS = 40;
    private static final long BYTES = 4_000;
    private static final int FIRST = 1_000;
    private static final byte[] ANSWER = new byte[10];

    @TempDir
    private Path directory;

    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    @Test
    void oneTenantGetsHalfAndTheNextHalfOfTheRest() {
        try (ExecutionJournal journal = open()) {
            assertThat(fill(journal, "key:flood")).isEqualTo(20);
            assertThat(fill(journal, "key:ci")).isEqualTo(10);
            assertThat(fill(journal, "loopback")).isEqualTo(5);
            assertThatThrownBy(() -> journal.begin(key("key:flood", 0), "d")).hasMessageContaining("limits are 13 and");
            assertThat(journal.begin(key("key:flood", FIRST), "d")).isInstanceOf(BeginResult.Running.class);
        }
    }

    @Test
    void anErrorNamesTheShareAndTheRetryDelay() {
        try (ExecutionJournal journal = open()) {
            fill(journal, "key:flood");
            journal.end(key("key:flood", FIRST), 0, ANSWER);
            now = now.plusSeconds(60);
            assertThatThrownBy(() -> journal.begin(key("key:flood", 20), "d"))
                    .isInstanceOfSatisfying(NeuroVisorException.class, refusal -> {
                        assertThat(refusal.fault()).isEqualTo(Fault.JOURNAL_FULL);
                        assertThat(refusal.retryAfter())
                                .contains(ExecutionJournal.KEPT.minusSeconds(60).plusMillis(1));
                    })
                    .hasMessageStartingWith("key:flood has 20 executions with an idempotency key")
                    .hasMessageContaining("limits are 20 and")
                    .hasMessageEndingWith("kept for 15 minutes after its end: call again then, or without a key");
            now = now.plus(ExecutionJournal.KEPT).minusSeconds(60).plusMillis(1);
            assertThat(journal.begin(key("key:flood", 20), "d")).isInstanceOf(BeginResult.First.class);
        }
    }

    @Test
    void largeOutputTakesAtMostHalfOfTheBytes() {
        try (ExecutionJournal journal = open()) {
            ExecutionKey large = key("key:flood", 0);
            assertThat(journal.begin(large, "d")).isInstanceOf(BeginResult.First.class);
            journal.append(large, 0, new byte[1_500]);
            assertThatThrownBy(() -> journal.append(large, 1, new byte[501]))
                    .isInstanceOfSatisfying(
                            NeuroVisorException.class,
                            refusal -> assertThat(refusal.fault()).isEqualTo(Fault.JOURNAL_FULL));
            journal.end(large, 1, new byte[501]);
            assertThat(journal.begin(large, "d")).isEqualTo(new BeginResult.Ended(List.of(1_500, 501)));
            assertThat(fill(journal, "key:flood")).isZero();
            ExecutionKey other = key("key:ci", 0);
            assertThat(journal.begin(other, "d")).isInstanceOf(BeginResult.First.class);
            journal.append(other, 0, new byte[999]);
        }
    }

    @Test
    void keepsEveryEntryForItsTimeWhateverTenantsDo() {
        Random random = new Random(11);
        try (ExecutionJournal journal = open()) {
            Map<ExecutionKey, Instant> ended = new HashMap<>();
            Map<ExecutionKey, Boolean> running = new HashMap<>();
            int refusals = 0;
            for (int step = 0; step < 3_000; step++) {
                now = now.plusSeconds(random.nextInt(20));
                ended.values().removeIf(end -> end.plus(ExecutionJournal.KEPT).isBefore(now));
                // One of four tenants calls as often as all others together.
                String tenant = random.nextBoolean() ? "key:flood" : "key:" + random.nextInt(3);
                ExecutionKey key = key(tenant, random.nextInt(60));
                long own = running.keySet().stream()
                                .filter(one -> one.tenant().equals(tenant))
                                .count()
                        + ended.keySet().stream()
                                .filter(one -> one.tenant().equals(tenant))
                                .count();
                try {
                    BeginResult begun = journal.begin(key, "d");
                    if (ended.containsKey(key)) {
                        assertThat(begun).isInstanceOf(BeginResult.Ended.class);
                    } else if (running.containsKey(key)) {
                        assertThat(begun).isInstanceOf(BeginResult.Running.class);
                    } else {
                        assertThat(begun).isInstanceOf(BeginResult.First.class);
                        running.put(key, true);
                    }
                } catch (NeuroVisorException refusal) {
                    refusals++;
                    assertThat(refusal.fault()).isEqualTo(Fault.JOURNAL_FULL);
                    assertThat(ended).doesNotContainKey(key);
                    assertThat(running).doesNotContainKey(key);
                    assertThat(own).isPositive();
                }
                assertThat(running.size() + ended.size()).isLessThanOrEqualTo((int) EXECUTIONS);
                if (!running.isEmpty() && random.nextInt(3) > 0) {
                    ExecutionKey last = running.keySet().iterator().next();
                    journal.end(last, 0, ANSWER);
                    running.remove(last);
                    ended.put(last, now);
                }
            }
            assertThat(refusals).isPositive();
        }
    }

    @Test
    void theSharesAreTheDocumentedOnes() {
        assertThat(JournalShares.USUAL).isEqualTo(new JournalShares(20_000, 2L << 30));
        assertThat(ExecutionJournal.KEPT).isEqualTo(Duration.ofMinutes(15));
    }

    /** Begins executions until one is rejected; returns their number. */
    private static int fill(ExecutionJournal journal, String tenant) {
        for (int number = 0; number < EXECUTIONS; number++) {
            try {
                BeginResult _ = journal.begin(key(tenant, FIRST + number), "d");
            } catch (NeuroVisorException full) {
                assertThat(full.fault()).isEqualTo(Fault.JOURNAL_FULL);
                return number;
            }
        }
        throw new AssertionError("nothing was refused");
    }

    private static ExecutionKey key(String tenant, int number) {
        return new ExecutionKey(tenant, "k" + number);
    }

    private ExecutionJournal open() {
        return ExecutionJournal.open(directory, new JournalShares(EXECUTIONS, BYTES), () -> now);
    }
}
