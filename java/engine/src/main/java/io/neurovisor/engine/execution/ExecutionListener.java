package io.neurovisor.engine.execution;

import io.neurovisor.engine.machine.Machine;
import java.time.Duration;

/**
 * Receives events of executions, each in its own thread. Implementations must be fast, safe for use by many threads and
 * must not throw. Every execution that has begun is later reported as executed or failed.
 */
public interface ExecutionListener {
    /** Ignores all events. */
    ExecutionListener NONE = new ExecutionListener() {};

    /** Called when a request has arrived and waits for a machine. */
    default void begun(ExecutionRequest request) {}

    /** Called when the request has a machine, with the time that it waited. */
    default void acquired(ExecutionRequest request, Machine machine, Duration acquireTime) {}

    /** Called when the program has ended, whatever its outcome. */
    default void executed(ExecutionRequest request, ExecutionResult result) {}

    /** Called when there is no result: no machine was available, or it cannot run the program. */
    default void failed(ExecutionRequest request, Throwable failure) {}
}
