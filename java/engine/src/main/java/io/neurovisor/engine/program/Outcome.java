package io.neurovisor.engine.program;

/** How an execution ended. The list is closed; partial output survives every one of them. */
public enum Outcome {
    /** The program ended by itself; its exit code or signal tells how. A compile error is one of these. */
    COMPLETED,
    TIMED_OUT,
    OUT_OF_MEMORY,
    OUTPUT_LIMIT,
    CANCELLED,
    /** The virtual machine or its agent ended before the program did. */
    SANDBOX_DIED,
    /** The program was started and nobody can say how it ended. */
    OUTCOME_UNKNOWN
}
