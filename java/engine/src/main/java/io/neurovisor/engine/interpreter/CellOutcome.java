package io.neurovisor.engine.interpreter;

/** How a cell has ended. */
public enum CellOutcome {
    OK,
    /** With an exception. */
    ERROR,
    INTERRUPTED,
    TIMED_OUT,
    /** The interpreter ended during the cell. */
    DIED,
    /** The interpreter sent what is not allowed, and was killed. */
    DRIVER_BROKEN,
    /** It did not run, because an earlier cell failed or the interpreter ended. */
    SKIPPED
}
