package io.neurovisor.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class SendProgressTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final SendProgress progress = new SendProgress(0);

    @Test
    void aCallThatHasNothingToSendIsNeverOverdue() {
        assertThat(overdue(true, 0, 0)).isFalse();
        assertThat(overdue(true, 0, 10_000)).isFalse();
    }

    @Test
    void aCallIsOverdueOnceItHasSentNothingForThatLong() {
        assertThat(overdue(false, 1, 5)).isFalse();
        assertThat(overdue(false, 1, 64)).isFalse();
        assertThat(overdue(false, 1, 65)).isTrue();
    }

    @Test
    void aClientThatReadsSlowlyIsNotOverdue() {
        for (int message = 1; message < 100; message++) {
            assertThat(overdue(false, message, message * 59L)).isFalse();
        }
    }

    @Test
    void timeCountsFromTheMomentAtWhichAllHadBeenSent() {
        assertThat(overdue(false, 1, 50)).isFalse();
        assertThat(overdue(true, 1, 100)).isFalse();
        assertThat(overdue(false, 1, 159)).isFalse();
        assertThat(overdue(false, 1, 160)).isTrue();
    }

    private boolean overdue(boolean idle, long messages, long seconds) {
        return progress.isOverdue(idle, messages, Duration.ofSeconds(seconds).toNanos(), PATIENCE);
    }
}
