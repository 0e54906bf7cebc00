package io.neurovisor.engine.interpreter;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * An event of a cell, as seen by a client that is attached to it.
 *
 * @param number of the event in its context, from 1; 0 for those that are not kept
 * @param cell that caused it: that of the stream, an earlier one whose thread goes on, or 0 if that is unknown
 */
public record CellEvent(long number, long cell, Content content) {
    /** What an event says. */
    public sealed interface Content {}

    /**
     * The first event of a stream.
     *
     * @param ahead the cells that run or wait before it
     */
    public record Accepted(int ahead) implements Content {}

    public record Started() implements Content {}

    public record Text(boolean isError, String text) implements Content {}

    /**
     * A result or display, whose parts follow as {@link DisplayData}.
     *
     * @param displayId empty if it cannot be updated
     * @param isUpdate whether it replaces the earlier one with its id
     * @param isMainResult whether it is the value of the last expression
     */
    public record Display(List<Part> parts, String displayId, boolean isUpdate, boolean isMainResult)
            implements Content {
        public Display {
            parts = List.copyOf(parts);
        }
    }

    public record Part(String mimeType, long sizeBytes) {}

    /**
     * A piece of a part of the last display.
     *
     * @param data valid until the next event is requested
     */
    public record DisplayData(int part, ByteBuffer data) implements Content {}

    public record Failed(CellError error) implements Content {}

    /** A part of a result that exceeded a limit. */
    public record Dropped(String mimeType, long sizeBytes) implements Content {}

    public record InputRequested(String prompt, boolean isPassword) implements Content {}

    /** Always the last event. */
    public record Ended(CellEnd end) implements Content {}

    /** Events that were dropped because they were not read in time, from {@code from} up to, but without, {@code to}. */
    public record Gap(long from, long to) implements Content {}

    /** Nothing has happened for a while. */
    public record KeepAlive() implements Content {}
}
