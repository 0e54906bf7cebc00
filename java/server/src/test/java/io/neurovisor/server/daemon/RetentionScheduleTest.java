package io.neurovisor.server.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.testkit.ManualTicker;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class RetentionScheduleTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final ManualTicker ticker = new ManualTicker();
    private boolean idle = true;
    private int applied;

    @Test
    void appliesTheRulesEveryHour() {
        RetentionSchedule schedule = new RetentionSchedule(() -> applied++, () -> idle, ticker);
        after(schedule, Duration.ofMinutes(59));
        assertThat(applied).isZero();
        after(schedule, MINUTE);
        after(schedule, MINUTE);
        assertThat(applied).isEqualTo(1);
        after(schedule, Duration.ofMinutes(59));
        assertThat(applied).isEqualTo(2);
    }

    @Test
    void waitsForAnIdleMomentForAtMostAnHour() {
        RetentionSchedule schedule = new RetentionSchedule(() -> applied++, () -> idle, ticker);
        idle = false;
        after(schedule, Duration.ofMinutes(90));
        assertThat(applied).isZero();
        idle = true;
        after(schedule, MINUTE);
        assertThat(applied).isEqualTo(1);
        idle = false;
        after(schedule, Duration.ofHours(2));
        assertThat(applied).isEqualTo(2);
    }

    @Test
    void continuesAfterAFailure() {
        RetentionSchedule schedule = new RetentionSchedule(
                () -> {
                    applied++;
                    throw new NeuroVisorException(Fault.STORAGE_FAILED, "the disk is full");
                },
                () -> idle,
                ticker);
        after(schedule, RetentionSchedule.EVERY);
        after(schedule, RetentionSchedule.EVERY);
        assertThat(applied).isEqualTo(2);
    }

    private void after(RetentionSchedule schedule, Duration time) {
        ticker.advance(time);
        schedule.look();
    }
}
