package io.neurovisor.cli.sandbox.interpreter;

import io.neurovisor.engine.interpreter.CellDisplay;
import io.neurovisor.engine.interpreter.CellEnd;
import io.neurovisor.engine.interpreter.CellError;

/** Receives what a cell sends. */
interface CellOutput {
    void begin(long cell);

    void text(boolean isError, String text);

    void display(CellDisplay display);

    void error(CellError error);

    /** Reports a part of a result that exceeded a limit. */
    void dropped(String mimeType, long bytes);

    /** Reports that events are missing. */
    void gap(long from, long to);

    void end(CellEnd end);
}
