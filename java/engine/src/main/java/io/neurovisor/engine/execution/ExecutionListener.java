package io.neurovisor.engine.execution;

import java.time.Duration;

/** Hears of executions, each in its own thread: it has to be quick, safe for use by many threads, and must not throw. */
public interface ExecutionListener {
    /** Hears nothing. */
    ExecutionListener NONE = new ExecutionListener() {};

    /** A request has a sandbox, for which it has waited so long. */
    default void acquired(ExecutionRequest request, Duration acquireTime) {}

    /** A program has run, however it ended. */
    default void executed(ExecutionRequest request, ExecutionResult result) {}
}
