package io.neurovisor.engine.program;

/** The outcome of an execution. The list is closed; partial output is kept for every outcome. */
public enum Outcome {
    /** The program ended by itself, with an exit code or a signal. A compile error is such an end. */
    COMPLETED,
    TIMED_OUT,
    OUT_OF_MEMORY,
    OUTPUT_LIMIT,
    CANCELLED,
    /** The virtual machine or its agent ended before the program did. */
    SANDBOX_DIED,
    /** The program was started, and its outcome is unknown. */
    OUTCOME_UNKNOWN
}
