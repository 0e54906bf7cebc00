package io.neurovisor.agent.loop;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;

/**
 * The state of a run and the limits that it has used up. Maps each event to the next step, without a model, a machine or a clock.
 * The finished state is final.
 */
final class LoopState {
    enum Phase {
        READY,
        ASKING,
        EXECUTING,
        ENDED
    }

    private final AgentLimits limits;
    private Phase phase = Phase.READY;
    private AgentEnd end = AgentEnd.CANCELLED;
    private int iterations;
    private int toolCalls;
    private long tokens;

    LoopState(AgentLimits limits) {
        this.limits = limits;
    }

    Phase phase() {
        return phase;
    }

    int iterations() {
        return iterations;
    }

    int toolCalls() {
        return toolCalls;
    }

    LoopStep on(LoopEvent event) {
        if (phase == Phase.ENDED) {
            return new LoopStep.Finish(end);
        }
        return switch (event) {
            case LoopEvent.Stopped(AgentEnd reason) -> finish(reason);
            case LoopEvent.Begun() -> begun();
            case LoopEvent.Replied replied -> replied(replied);
            case LoopEvent.Executed() -> executed();
        };
    }

    private LoopStep begun() {
        expect(Phase.READY);
        return ask(false);
    }

    private LoopStep replied(LoopEvent.Replied reply) {
        expect(Phase.ASKING);
        tokens += reply.tokens();
        if (reply.calls() == 0 && reply.hasAnswer()) {
            return finish(AgentEnd.ANSWERED);
        }
        if (tokens > limits.tokens()) {
            return finish(AgentEnd.TOKEN_LIMIT);
        }
        if (reply.calls() == 0) {
            return askAgain(true);
        }
        if (toolCalls + reply.calls() > limits.toolCalls()) {
            return finish(AgentEnd.TOOL_CALL_LIMIT);
        }
        toolCalls += reply.calls();
        phase = Phase.EXECUTING;
        return new LoopStep.Execute();
    }

    private LoopStep executed() {
        expect(Phase.EXECUTING);
        return askAgain(false);
    }

    private LoopStep askAgain(boolean afterNothing) {
        return iterations == limits.iterations() ? finish(AgentEnd.ITERATION_LIMIT) : ask(afterNothing);
    }

    private LoopStep ask(boolean afterNothing) {
        iterations++;
        phase = Phase.ASKING;
        return new LoopStep.Ask(iterations, afterNothing);
    }

    private LoopStep finish(AgentEnd reason) {
        phase = Phase.ENDED;
        end = reason;
        return new LoopStep.Finish(reason);
    }

    private void expect(Phase expected) {
        if (phase != expected) {
            throw new NeuroVisorException(
                    Fault.INTERNAL, "the agent's loop is " + phase + " where only " + expected + " makes sense");
        }
    }
}
