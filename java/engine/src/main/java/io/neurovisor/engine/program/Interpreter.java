package io.neurovisor.engine.program;

/** Which interpreter runs a program. */
public enum Interpreter {
    /** The one that the template holds ready, where there is one; a program cannot tell the difference. */
    WARM,
    /** One that is started for this program. */
    PLAIN
}
