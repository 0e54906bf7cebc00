package io.neurovisor.session;

import io.neurovisor.agent.loop.AgentEnd;

/** The state of a recorded run. */
public enum RunState {
    /** Its process is alive. */
    RUNNING,
    /** Its process died before the run ended. */
    INTERRUPTED,
    ANSWERED,
    ITERATION_LIMIT,
    TOKEN_LIMIT,
    TIME_LIMIT,
    TOOL_CALL_LIMIT,
    CANCELLED,
    MODEL_FAILED,
    SANDBOX_FAILED;

    static RunState of(AgentEnd end) {
        return switch (end) {
            case ANSWERED -> ANSWERED;
            case ITERATION_LIMIT -> ITERATION_LIMIT;
            case TOKEN_LIMIT -> TOKEN_LIMIT;
            case TIME_LIMIT -> TIME_LIMIT;
            case TOOL_CALL_LIMIT -> TOOL_CALL_LIMIT;
            case CANCELLED -> CANCELLED;
            case MODEL_FAILED -> MODEL_FAILED;
            case SANDBOX_FAILED -> SANDBOX_FAILED;
        };
    }
}
