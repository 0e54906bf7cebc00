package io.neurovisor.engine.interpreter;

import java.time.Duration;

/**
 * The end of a cell.
 *
 * @param keepsVariables false if the interpreter has ended, and its context is dead
 * @param exitCode of the interpreter, if it has ended
 * @param signal that has ended it, or 0
 * @param executionCount the number that the interpreter shows for the cell
 * @param textTruncated whether text beyond the limit was dropped
 */
public record CellEnd(
        CellOutcome outcome,
        boolean keepsVariables,
        int exitCode,
        int signal,
        long executionCount,
        Duration duration,
        boolean textTruncated) {}
