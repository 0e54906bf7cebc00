package io.neurovisor.host.guestlink.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.layer.LayerState.Status;
import io.neurovisor.testkit.ManualTicker;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class GuestRateLimitTest {
    private static final Duration NOTHING = Duration.ZERO;

    private final ManualTicker ticker = new ManualTicker();
    private final GuestRateLimit rateLimit = new GuestRateLimit(ticker);

    @Test
    void allowsABurstOfHundredThenFiftyASecond() {
        assertThat(rateLimit.take(100)).isEqualTo(NOTHING);
        assertThat(rateLimit.take(1)).isEqualTo(Duration.ofMillis(20));
        ticker.advance(Duration.ofSeconds(1));
        assertThat(rateLimit.take(49)).isEqualTo(NOTHING);
        assertThat(rateLimit.take(1)).isPositive();
    }

    @Test
    void responsesToTheHostAreFree() {
        for (int round = 0; round < 1000; round++) {
            rateLimit.sent(1);
            assertThat(rateLimit.take(GuestRateLimit.ANSWERS)).isEqualTo(NOTHING);
        }
        assertThat(rateLimit.take(100)).isEqualTo(NOTHING);
        assertThat(rateLimit.take(1)).isPositive();
    }

    @Test
    void outstandingResponsesAreLimited() {
        rateLimit.sent(1_000_000);
        assertThat(rateLimit.take(10_100)).isEqualTo(NOTHING);
        assertThat(rateLimit.take(1)).isPositive();
    }

    @Test
    void rejectsAGuestThatKeepsItEmptyForTenSeconds() {
        Duration pause = rateLimit.take(150);
        Duration stopped = NOTHING;
        while (!pause.isNegative()) {
            assertThat(stopped).isLessThan(GuestRateLimit.LONGEST_EMPTY);
            ticker.advance(pause);
            stopped = stopped.plus(pause);
            pause = rateLimit.take(50);
        }
        assertThat(stopped).isGreaterThan(GuestRateLimit.LONGEST_EMPTY.minusSeconds(2));
    }

    @Test
    void toleratesAGuestThatLetsItRefill() {
        for (int round = 0; round < 100; round++) {
            assertThat(rateLimit.take(150)).isBetween(NOTHING, Duration.ofSeconds(2));
            ticker.advance(Duration.ofSeconds(4));
            assertThat(rateLimit.take(1)).isEqualTo(NOTHING);
        }
    }

    @Test
    void rejectsABurstBeyondTenSeconds() {
        assertThat(rateLimit.take(601)).isNegative();
    }

    @Test
    void isLiveOnceAFrameHasPassed() {
        assertThat(rateLimit.state().status()).isEqualTo(Status.BROKEN);
        rateLimit.take(0);
        assertThat(rateLimit.state().status()).isEqualTo(Status.LIVE);
        rateLimit.take(7);
        assertThat(rateLimit.state().detail())
                .contains("50 unrequested HTTP/2 frames a second, 100 at once, and has sent 7;");
    }
}
