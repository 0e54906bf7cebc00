package io.neurovisor.agent.loop;

/** How a run ended. The list is closed. */
public enum AgentEnd {
    /** The model has answered. */
    ANSWERED,
    /** It may ask no more; what there is so far is the result. */
    ITERATION_LIMIT,
    TOKEN_LIMIT,
    TIME_LIMIT,
    TOOL_CALL_LIMIT,
    CANCELLED,
    /** The model's server did not serve. */
    MODEL_FAILED,
    /** No sandbox could be had. */
    SANDBOX_FAILED;

    /** Whether the run was stopped by one of its limits, so that its result is a partial one. */
    public boolean isLimit() {
        return switch (this) {
            case ITERATION_LIMIT, TOKEN_LIMIT, TIME_LIMIT, TOOL_CALL_LIMIT -> true;
            case ANSWERED, CANCELLED, MODEL_FAILED, SANDBOX_FAILED -> false;
        };
    }
}
