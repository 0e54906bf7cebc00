package io.neurovisor.engine.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.testkit.ManualTicker;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class ResponseDeadlineTest {
    private static final Duration PROGRAM_TIME = Duration.ofSeconds(30);
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final ManualTicker ticker = new ManualTicker();
    private final ResponseDeadline deadline = ResponseDeadline.after(PROGRAM_TIME, ticker);

    @Test
    void allowsSilenceForTheProgramsWholeTime() {
        assertThat(deadline.remaining()).isEqualTo(PROGRAM_TIME.plus(ResponseDeadline.SILENCE));
        ticker.advance(PROGRAM_TIME.plus(ResponseDeadline.SILENCE).minus(SECOND));
        assertThat(deadline.remaining()).isEqualTo(SECOND);
        ticker.advance(SECOND.multipliedBy(2));
        assertThat(deadline.remaining()).isZero();
    }

    @Test
    void isNotExtendedByMessagesBeforeTheProgramsEnd() {
        ticker.advance(SECOND);
        receive();
        assertThat(deadline.remaining())
                .isEqualTo(PROGRAM_TIME.plus(ResponseDeadline.SILENCE).minus(SECOND));
    }

    @Test
    void isExtendedByEachMessageAfterTheProgramsEnd() {
        ticker.advance(PROGRAM_TIME);
        for (int messages = 0; messages < 4; messages++) {
            ticker.advance(ResponseDeadline.SILENCE.minus(SECOND));
            receive();
            assertThat(deadline.remaining()).isEqualTo(ResponseDeadline.SILENCE);
        }
        ticker.advance(ResponseDeadline.SILENCE);
        assertThat(deadline.remaining()).isZero();
    }

    @Test
    void isNotExtendedBeyondTheAftermath() {
        ticker.advance(PROGRAM_TIME);
        for (int messages = 0; messages < 60; messages++) {
            assertThat(deadline.remaining()).isPositive();
            ticker.advance(SECOND);
            receive();
        }
        assertThat(deadline.remaining()).isZero();
    }

    @Test
    void doesNotCountTheTimeOfASlowConsumer() {
        ticker.advance(PROGRAM_TIME);
        deadline.whileHandling(() -> ticker.advance(Duration.ofHours(1)));
        assertThat(deadline.remaining()).isEqualTo(ResponseDeadline.SILENCE);
        ticker.advance(SECOND);
        receive();
        assertThat(deadline.remaining()).isEqualTo(ResponseDeadline.SILENCE);
    }

    private void receive() {
        deadline.whileHandling(() -> {});
    }
}
