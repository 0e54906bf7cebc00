package io.neurovisor.agent.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.agent.loop.LoopState.Phase;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class LoopStateTest {
    private static final LoopEvent BEGUN = new LoopEvent.Begun();
    private static final LoopEvent CALL = new LoopEvent.Replied(1, false, 10);
    private static final LoopEvent ANSWER = new LoopEvent.Replied(0, true, 10);
    private static final LoopEvent NOTHING = new LoopEvent.Replied(0, false, 10);
    private static final LoopEvent EXECUTED = new LoopEvent.Executed();

    private final LoopState state = new LoopState(new AgentLimits(3, 100, 4, 2, Duration.ofMinutes(1), 100));

    @Test
    void endsWithAnAnswer() {
        assertThat(state.phase()).isEqualTo(Phase.READY);
        assertThat(state.on(BEGUN)).isEqualTo(new LoopStep.Ask(1, false));
        assertThat(state.phase()).isEqualTo(Phase.ASKING);
        assertThat(state.on(ANSWER)).isEqualTo(new LoopStep.Finish(AgentEnd.ANSWERED));
        assertThat(state.phase()).isEqualTo(Phase.ENDED);
    }

    @Test
    void asksTheModelAgainAfterCalls() {
        state.on(BEGUN);
        assertThat(state.on(CALL)).isEqualTo(new LoopStep.Execute());
        assertThat(state.phase()).isEqualTo(Phase.EXECUTING);
        assertThat(state.on(EXECUTED)).isEqualTo(new LoopStep.Ask(2, false));
        assertThat(state.toolCalls()).isEqualTo(1);
    }

    @Test
    void textNextToCallsIsNotAnAnswer() {
        state.on(BEGUN);
        assertThat(state.on(new LoopEvent.Replied(1, true, 10))).isEqualTo(new LoopStep.Execute());
    }

    @Test
    void emptyReplyCountsAsAnIteration() {
        state.on(BEGUN);
        assertThat(state.on(NOTHING)).isEqualTo(new LoopStep.Ask(2, true));
        assertThat(state.on(NOTHING)).isEqualTo(new LoopStep.Ask(3, true));
        assertThat(state.on(NOTHING)).isEqualTo(new LoopStep.Finish(AgentEnd.ITERATION_LIMIT));
    }

    @Test
    void executesTheCallsOfTheLastIteration() {
        state.on(BEGUN);
        for (int iteration = 2; iteration <= 3; iteration++) {
            state.on(CALL);
            assertThat(state.on(EXECUTED)).isEqualTo(new LoopStep.Ask(iteration, false));
        }
        assertThat(state.on(CALL)).isEqualTo(new LoopStep.Execute());
        assertThat(state.on(EXECUTED)).isEqualTo(new LoopStep.Finish(AgentEnd.ITERATION_LIMIT));
        assertThat(state.iterations()).isEqualTo(3);
    }

    @Test
    void endsAtTheTokenLimitUnlessAnswered() {
        state.on(BEGUN);
        assertThat(state.on(new LoopEvent.Replied(1, false, 101))).isEqualTo(new LoopStep.Finish(AgentEnd.TOKEN_LIMIT));
        LoopState other = new LoopState(new AgentLimits(3, 100, 4, 2, Duration.ofMinutes(1), 100));
        other.on(BEGUN);
        assertThat(other.on(new LoopEvent.Replied(0, true, 101))).isEqualTo(new LoopStep.Finish(AgentEnd.ANSWERED));
    }

    @Test
    void rejectsCallsBeyondTheLimit() {
        state.on(BEGUN);
        assertThat(state.on(new LoopEvent.Replied(4, false, 10))).isEqualTo(new LoopStep.Execute());
        state.on(EXECUTED);
        assertThat(state.on(CALL)).isEqualTo(new LoopStep.Finish(AgentEnd.TOOL_CALL_LIMIT));
        assertThat(state.toolCalls()).isEqualTo(4);
    }

    @ParameterizedTest
    @EnumSource(AgentEnd.class)
    void canBeStoppedInEveryPhase(AgentEnd end) {
        for (int events = 0; events <= 2; events++) {
            LoopState stopped = new LoopState(AgentLimits.USUAL);
            if (events > 0) {
                stopped.on(BEGUN);
            }
            if (events > 1) {
                stopped.on(CALL);
            }
            assertThat(stopped.on(new LoopEvent.Stopped(end))).isEqualTo(new LoopStep.Finish(end));
            assertThat(stopped.on(ANSWER)).isEqualTo(new LoopStep.Finish(end));
            assertThat(stopped.on(EXECUTED)).isEqualTo(new LoopStep.Finish(end));
            assertThat(stopped.on(BEGUN)).isEqualTo(new LoopStep.Finish(end));
        }
    }

    @Test
    void invalidTransitionIsAnInternalError() {
        assertThatThrownBy(() -> state.on(ANSWER)).isInstanceOf(NeuroVisorException.class);
        assertThatThrownBy(() -> state.on(EXECUTED)).isInstanceOf(NeuroVisorException.class);
        state.on(BEGUN);
        assertThatThrownBy(() -> state.on(BEGUN)).isInstanceOf(NeuroVisorException.class);
        assertThatThrownBy(() -> state.on(EXECUTED)).isInstanceOf(NeuroVisorException.class);
        state.on(CALL);
        assertThatThrownBy(() -> state.on(CALL)).isInstanceOf(NeuroVisorException.class);
    }
}
