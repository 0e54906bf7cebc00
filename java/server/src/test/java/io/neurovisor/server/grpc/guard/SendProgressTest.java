package io.neurovisor.server.grpc.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class SendProgressTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final SendProgress progress = new SendProgress(0);

    @Test
    void aCallWithoutDataIsNeverOverdue() {
        assertThat(overdue(true, 0, 0)).isFalse();
        assertThat(overdue(true, 0, 10_000)).isFalse();
    }

    @Test
    void aCallIsOverdueAfterSendingNothingForTheTimeout() {
        assertThat(overdue(false, 1, 5)).isFalse();
        assertThat(overdue(false, 1, 64)).isFalse();
        assertThat(overdue(false, 1, 65)).isTrue();
    }

    @Test
    void aSlowReaderIsNotOverdue() {
        for (int message = 1; message < 100; message++) {
            assertThat(overdue(false, message, message * 59L)).isFalse();
        }
    }

    @Test
    void timeCountsFromWhenAllDataWasSent() {
        assertThat(overdue(false, 1, 50)).isFalse();
        assertThat(overdue(true, 1, 100)).isFalse();
        assertThat(overdue(false, 1, 159)).isFalse();
        assertThat(overdue(false, 1, 160)).isTrue();
    }

    private boolean overdue(boolean idle, long messages, long seconds) {
        return progress.isOverdue(idle, messages, Duration.ofSeconds(seconds).toNanos(), TIMEOUT);
    }
}
