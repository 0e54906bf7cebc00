package io.neurovisor.server.grpc.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class RequestTimeoutsTest {
    @Test
    void usesTheDefaultForARequestWithoutTimeout() {
        RequestTimeouts timeouts = new RequestTimeouts(Duration.ofSeconds(30), Duration.ofSeconds(30));
        assertThat(timeouts.of(0)).isEqualTo(Duration.ofSeconds(30));
        assertThat(timeouts.of(7)).isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void rejectsADefaultBeyondTheLimitWithBothSettings() {
        assertThatThrownBy(() -> new RequestTimeouts(Duration.ofHours(2), Duration.ofHours(1)))
                .hasMessage(
                        "--timeout of 7200 s is more than --timeout-max of 3600 s; lower the first or raise the second");
    }
}
