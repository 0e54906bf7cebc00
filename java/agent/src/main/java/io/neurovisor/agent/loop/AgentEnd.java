package io.neurovisor.agent.loop;

/** The ways in which a run ends. */
public enum AgentEnd {
    /** The model answered. */
    ANSWERED,
    /** A limit was reached; the result is partial. */
    ITERATION_LIMIT,
    TOKEN_LIMIT,
    TIME_LIMIT,
    TOOL_CALL_LIMIT,
    CANCELLED,
    /** The model server failed. */
    MODEL_FAILED,
    /** No machine was available. */
    SANDBOX_FAILED;

    /** Returns whether a limit ended the run, so that its result is partial. */
    public boolean isLimit() {
        return switch (this) {
            case ITERATION_LIMIT, TOKEN_LIMIT, TIME_LIMIT, TOOL_CALL_LIMIT -> true;
            case ANSWERED, CANCELLED, MODEL_FAILED, SANDBOX_FAILED -> false;
        };
    }
}
