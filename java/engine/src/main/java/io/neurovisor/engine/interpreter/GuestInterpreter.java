package io.neurovisor.engine.interpreter;

import io.neurovisor.engine.time.Deadline;
import java.time.Duration;

/**
 * The code interpreter of a sandbox's guest. A call throws {@link io.neurovisor.engine.fault.NeuroVisorException}:
 * {@code CONTEXT_UNKNOWN}, {@code CELL_UNKNOWN}, {@code CONTEXT_DEAD}, {@code CONTEXT_BUSY}, {@code CONTEXT_LIMIT},
 * {@code CELL_LIMIT}, {@code LANGUAGE_UNSUPPORTED}, {@code TABLE_FORMAT_UNSUPPORTED} or {@code INVALID_ARGUMENT} as the guest
 * answers, {@code GUEST_REFUSED} with another answer, {@code GUEST_SILENT} after its deadline, {@code SANDBOX_LOST} if the connection broke or the
 * guest violated its protocol. Streams of a context that is restarted or removed end with
 * {@code CONTEXT_RESTARTED} or {@code CONTEXT_REMOVED}.
 */
public interface GuestInterpreter {
    /**
     * How long {@link #create}, {@link #shared} and {@link #restart} may take: longer than the 120 s that the guest gives an
     * interpreter, so that it reports one that does not start.
     */
    Duration START_LIMIT = Duration.ofSeconds(150);

    /** Returns when the interpreter can run cells. */
    ContextInfo create(ContextSpec spec, Deadline deadline);

    /** Returns the shared context of a language, which may have ended, and creates it if there is none. */
    ContextInfo shared(String language, Deadline deadline);

    ContextList list(Deadline deadline);

    /** Replaces the interpreter of a context by a fresh one. */
    ContextInfo restart(ContextId context, Deadline deadline);

    void remove(ContextId context, Deadline deadline);

    /** Describes the variables of a context that is idle. Runs no code of users. */
    ContextVariables inspect(ContextId context, Deadline deadline);

    /** Queues a cell; its first event is {@link CellEvent.Accepted}. */
    CellEvents execute(ContextId context, CellSpec cell, Deadline deadline);

    /**
     * Attaches to a cell.
     *
     * @param fromEvent 0 for the first event of the cell that is kept
     */
    CellEvents attach(ContextId context, long cell, long fromEvent, Deadline deadline);

    /** Answers {@link CellEvent.InputRequested} of the running cell. */
    void sendInput(ContextId context, long cell, String text, Deadline deadline);

    /** Reports the end of the input to the running cell, which asks for it. */
    void endInput(ContextId context, long cell, Deadline deadline);

    /**
     * Interrupts a running cell, or removes a queued one.
     *
     * @param cell 0 for the running one
     */
    void interrupt(ContextId context, long cell, Deadline deadline);
}
