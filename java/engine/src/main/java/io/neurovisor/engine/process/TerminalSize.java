package io.neurovisor.engine.process;

import io.neurovisor.engine.fault.NeuroVisorException;

/** The size of a terminal in characters. */
public record TerminalSize(int rows, int columns) {
    private static final int MAX = 4096;

    public TerminalSize {
        if (rows < 1 || rows > MAX || columns < 1 || columns > MAX) {
            throw NeuroVisorException.invalid(
                    "pty", "a terminal of %d rows and %d columns; each is 1 to %d".formatted(rows, columns, MAX));
        }
    }
}
