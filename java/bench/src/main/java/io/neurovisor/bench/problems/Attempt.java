package io.neurovisor.bench.problems;

import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.engine.trace.TraceId;

/** The result of a problem that was put to a model. */
public record Attempt(Problem problem, TraceId traceId, AgentResult result) {
    /** Returns whether the model gave the right answer after running at least one program. */
    public boolean isSolved() {
        return switch (result.end()) {
            case ANSWERED -> result.stats().toolCalls() > 0 && problem.isSolvedBy(result.answer());
            case ITERATION_LIMIT, TOKEN_LIMIT, TIME_LIMIT, TOOL_CALL_LIMIT, CANCELLED, MODEL_FAILED, SANDBOX_FAILED ->
                false;
        };
    }
}
