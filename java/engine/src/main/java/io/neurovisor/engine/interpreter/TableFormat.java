package io.neurovisor.engine.interpreter;

/** How results that are tables are also sent as data. */
public enum TableFormat {
    JSON,
    /** An Arrow IPC stream. */
    ARROW
}
