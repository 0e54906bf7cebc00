package io.neurovisor.engine.process;

/** An output stream of a process. */
public enum ProcessStream {
    STDOUT,
    STDERR,
    /** The output of a terminal, which replaces the other two. */
    TERMINAL
}
