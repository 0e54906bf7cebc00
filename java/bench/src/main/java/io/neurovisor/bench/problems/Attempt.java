package io.neurovisor.bench.problems;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.engine.trace.TraceId;

/** The result of a problem that was put to a model. */
public record Attempt(Problem problem, TraceId traceId, AgentResult result) {
    public Attempt {
        requireNonNull(problem, "problem is null");
        requireNonNull(traceId, "traceId is null");
        requireNonNull(result, "result is null");
    }

    /** Returns whether the model gave the right answer after running at least one program. */
    public boolean isSolved() {
        return switch (result.end()) {
            case ANSWERED -> result.stats().toolCalls() > 0 && problem.isSolvedBy(result.answer());
            case ITERATION_LIMIT, TOKEN_LIMIT, TIME_LIMIT, TOOL_CALL_LIMIT, CANCELLED, MODEL_FAILED, SANDBOX_FAILED ->
                false;
        };
    }
}
