package io.neurovisor.engine.program;

/** The interpreter that runs a program. */
public enum Interpreter {
    /** The interpreter that waits in the template, if there is one; a program cannot detect the difference. */
    WARM,
    /** An interpreter that is started for this program. */
    PLAIN
}
