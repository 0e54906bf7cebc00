package io.neurovisor.engine.interpreter;

/** What a context does. */
public enum ContextState {
    STARTING,
    IDLE,
    BUSY,
    /** Its interpreter has ended; a restart starts another one. */
    DEAD
}
