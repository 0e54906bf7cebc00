package io.neurovisor.engine.interpreter;

import java.util.List;

/**
 * An exception of a cell.
 *
 * @param frames from the code of the cell on, outermost first
 * @param traceback as the interpreter shows it
 */
public record CellError(String name, String value, List<Frame> frames, String traceback) {
    public CellError {
        frames = List.copyOf(frames);
    }

    /**
     * A frame of a traceback.
     *
     * @param file {@code <cell 7>} for the code of cell 7
     * @param source the line
     */
    public record Frame(String file, int line, String function, String source) {}
}
