package io.neurovisor.engine.interpreter;

import java.time.Instant;

/**
 * A context of a sandbox.
 *
 * @param directory in which its interpreter was started
 * @param runningCell 0 if none runs
 * @param memoryBytes the resident memory of the interpreter itself
 * @param nextEvent the number of the next event
 * @param isShared whether it is the one of its language that {@link GuestInterpreter#shared} returns
 */
public record ContextInfo(
        ContextId id,
        String language,
        String directory,
        ContextState state,
        Instant created,
        long runningCell,
        int queuedCells,
        long memoryBytes,
        long nextEvent,
        boolean isShared) {}
