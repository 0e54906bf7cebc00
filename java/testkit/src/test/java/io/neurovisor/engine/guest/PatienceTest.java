package io.neurovisor.engine.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.testkit.ManualTicker;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class PatienceTest {
    private static final Duration PROGRAM_TIME = Duration.ofSeconds(30);
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final ManualTicker ticker = new ManualTicker();
    private final Patience patience = Patience.with(PROGRAM_TIME, ticker);

    @Test
    void aProgramMayBeSilentForAllOfItsTime() {
        assertThat(patience.remaining()).isEqualTo(PROGRAM_TIME.plus(Patience.SILENCE));
        ticker.advance(PROGRAM_TIME.plus(Patience.SILENCE).minus(SECOND));
        assertThat(patience.remaining()).isEqualTo(SECOND);
        ticker.advance(SECOND.multipliedBy(2));
        assertThat(patience.remaining()).isZero();
    }

    @Test
    void wordsBeforeTheEndOfItsTimeChangeNothing() {
        ticker.advance(SECOND);
        hear();
        assertThat(patience.remaining())
                .isEqualTo(PROGRAM_TIME.plus(Patience.SILENCE).minus(SECOND));
    }

    @Test
    void whoSpeaksIsListenedToAfterwards() {
        ticker.advance(PROGRAM_TIME);
        for (int words = 0; words < 5; words++) {
            ticker.advance(Patience.SILENCE.minus(SECOND));
            hear();
            assertThat(patience.remaining()).isEqualTo(Patience.SILENCE);
        }
        ticker.advance(Patience.SILENCE);
        assertThat(patience.remaining()).isZero();
    }

    @Test
    void butNotForEver() {
        ticker.advance(PROGRAM_TIME);
        for (int words = 0; words < 60; words++) {
            assertThat(patience.remaining()).isPositive();
            ticker.advance(SECOND);
            hear();
        }
        assertThat(patience.remaining()).isZero();
    }

    @Test
    void aSlowConsumerIsNotTheGuestsFault() {
        ticker.advance(PROGRAM_TIME);
        patience.whileHandling(() -> ticker.advance(Duration.ofHours(1)));
        assertThat(patience.remaining()).isEqualTo(Patience.SILENCE);
        ticker.advance(SECOND);
        hear();
        assertThat(patience.remaining()).isEqualTo(Patience.SILENCE);
    }

    private void hear() {
        patience.whileHandling(() -> {});
    }
}
