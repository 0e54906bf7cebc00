package io.neurovisor.engine.execution;

import io.neurovisor.engine.sandbox.Sandbox;
import java.time.Duration;

/**
 * Hears of executions, each in its own thread: it has to be quick, safe for use by many threads, and must not throw. Every
 * execution that has begun has either been executed or failed in the end.
 */
public interface ExecutionListener {
    /** Hears nothing. */
    ExecutionListener NONE = new ExecutionListener() {};

    /** A request has come, and waits for a sandbox. */
    default void begun(ExecutionRequest request) {}

    /** It has one, for which it has waited so long. */
    default void acquired(ExecutionRequest request, Sandbox sandbox, Duration acquireTime) {}

    /** Its program has run, however it ended. */
    default void executed(ExecutionRequest request, ExecutionResult result) {}

    /** There is no result: it got no sandbox, or one that cannot run its program. */
    default void failed(ExecutionRequest request, Throwable failure) {}
}
