package io.neurovisor.engine.process;

import java.util.Optional;

/** The events of a process for one attached client. For one thread, but {@link #close} may be called by any. */
public interface ProcessEvents extends AutoCloseable {
    /**
     * Returns the next event, and allows the guest to send as much output as the event before had. Blocks until there is
     * one; empty after the last. Interrupting the thread ends the wait.
     */
    Optional<ProcessEvent> next();

    /** Detaches from the process, which goes on unless it was started to end with its stream. Idempotent. */
    @Override
    void close();
}
