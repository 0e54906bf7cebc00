package io.neurovisor.engine.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.limits.SandboxSize;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Single decisions; {@link PoolStateModelTest} has them in whatever order. */
final class PoolStateTest {
    private static final Order SMALL = new Order("base", SandboxSize.SMALL);
    private static final Duration LONG = Duration.ofSeconds(30);

    /** Priming takes longer than most programs: under load it would be at the cost of the next. */
    @Test
    void whatWaitsIsPrimedOnceAProcessorIsFreeForIt() {
        PoolState state = new PoolState(new PoolPlan(SMALL, 2, 3, 3, 1, LONG, MachineMemory.PLENTY), _ -> 0L);
        state.keepWarm();
        Step.Start first = (Step.Start) state.next(0).orElseThrow();
        Step.Start second = (Step.Start) state.next(0).orElseThrow();
        state.ready(first.slot());
        assertThat(state.next(0)).as("while another starts").isEmpty();
        long ticket = state.enqueue(SMALL);
        assertThat(state.next(0)).contains(new Step.Grant(ticket, first.slot()));
        state.ready(second.slot());
        assertThat(state.next(0)).as("while a program runs").isEmpty();

        state.released(first.slot());
        assertThat(state.next(0)).as("while its machine ends").isEmpty();
        state.gone(first.slot());
        Step.Start third = (Step.Start) state.next(0).orElseThrow();
        assertThat(state.next(0)).as("while another starts").isEmpty();
        state.ready(third.slot());
        assertThat(state.next(0)).contains(new Step.Prime(second.slot()));
    }

    /** A start beside it would hold up the end of what was used, and with it the answer. */
    @Test
    void whatReplacesAUsedMachineIsStartedOnceThatIsGone() {
        PoolState state = new PoolState(new PoolPlan(SMALL, 1, 3, LONG), _ -> 0L);
        state.keepWarm();
        Step.Start first = (Step.Start) state.next(0).orElseThrow();
        state.ready(first.slot());
        assertThat(state.next(0)).contains(new Step.Prime(first.slot()));
        assertThat(state.next(0)).isEmpty();
        assertThat(state.status().warmed()).as("before it is primed").isFalse();
        state.ready(first.slot());
        assertThat(state.next(0)).isEmpty();
        assertThat(state.status().warmed()).isTrue();
        long _ = state.enqueue(SMALL);
        assertThat(state.next(0)).containsInstanceOf(Step.Grant.class);

        state.released(first.slot());
        assertThat(state.next(0)).isEmpty();
        state.gone(first.slot());
        assertThat(state.next(0)).containsInstanceOf(Step.Start.class);
    }
}
