package io.neurovisor.server.overview;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.testkit.ManualTicker;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class IntervalsTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final ManualTicker ticker = new ManualTicker();
    private Instant now = START;
    private final Intervals intervals = new Intervals(() -> now, ticker);

    @Test
    void anIntervalHasItsCountsAndPercentiles() {
        assertThat(intervals.points()).isEmpty();
        for (int millis = 1; millis <= 100; millis++) {
            intervals.ended(millis % 10 != 0, millis);
        }
        assertThat(intervals.points()).containsExactly(new Point(START, 100, 10, 50, 95));
        ticker.advance(Duration.ofSeconds(12));
        intervals.ended(true, 7);
        assertThat(intervals.points())
                .containsExactly(new Point(START, 100, 10, 50, 95), new Point(START.plusSeconds(10), 1, 0, 7, 7));
    }

    @Test
    void aClockThatIsSetMovesNoPoint() {
        intervals.ended(true, 1);
        for (Instant set : List.of(START.plus(Duration.ofDays(365)), Instant.EPOCH, START)) {
            now = set;
            ticker.advance(Intervals.LENGTH);
            intervals.ended(true, 1);
        }
        assertThat(intervals.points())
                .extracting(Point::at)
                .containsExactly(START, START.plusSeconds(5), START.plusSeconds(10), START.plusSeconds(15));
    }

    @Test
    void keepsTenMinutesForAnyNumberOfExecutions() {
        for (int second = 0; second < 3000; second++) {
            for (int execution = 0; execution < 400; execution++) {
                intervals.ended(true, execution);
            }
            ticker.advance(Duration.ofSeconds(1));
        }
        assertThat(intervals.points()).hasSize(119).allSatisfy(point -> {
            assertThat(point.ended()).isEqualTo(2000);
            assertThat(point.p95Millis()).isBetween(300.0, 399.0);
        });
        ticker.advance(Activity.WINDOW);
        assertThat(intervals.points()).isEmpty();
    }
}
