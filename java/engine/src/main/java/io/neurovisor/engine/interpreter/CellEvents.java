package io.neurovisor.engine.interpreter;

import java.util.Optional;

/** The events of a cell for one attached client. For one thread, but {@link #close} may be called by any. */
public interface CellEvents extends AutoCloseable {
    /** Returns the context of the cell. */
    ContextId context();

    /**
     * Returns the next event, and allows the guest to send as much as the event before had. Blocks until there is one;
     * empty after the last. Interrupting the thread ends the wait.
     */
    Optional<CellEvent> next();

    /** Detaches from the cell, which is interrupted if this stream started it, unless it is detached. Idempotent. */
    @Override
    void close();
}
