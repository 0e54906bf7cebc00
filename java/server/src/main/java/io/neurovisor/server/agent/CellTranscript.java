package io.neurovisor.server.agent;

import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.loop.ExcerptBuffer;
import io.neurovisor.engine.interpreter.CellDisplay;
import io.neurovisor.engine.interpreter.CellEnd;
import io.neurovisor.engine.interpreter.CellError;
import io.neurovisor.engine.interpreter.CellEvent;
import io.neurovisor.engine.program.Outcome;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Collects what a cell sends, in bounded memory. The text of its results is a part of stdout, its traceback of stderr. Not thread-safe. */
final class CellTranscript {
    private static final int EXCERPT_BYTES = 64 << 10;

    /** The limit for all rich results of a cell. */
    private static final int DISPLAY_BYTES = 8 << 20;

    private final ExcerptBuffer out = new ExcerptBuffer(EXCERPT_BYTES);
    private final ExcerptBuffer err = new ExcerptBuffer(EXCERPT_BYTES);
    private final CellDisplay.Collector collector = new CellDisplay.Collector();
    private final List<CellDisplay> displays = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();
    private int displayBytes;
    private boolean atLineStart = true;
    private long cell;
    private long nextEvent;

    /** Adds a sentence for the model. */
    void remark(String text) {
        remarks.add(text);
    }

    /** Returns the number of the cell; 0 before its first event. */
    long cell() {
        return cell;
    }

    /** Returns the number of the event that follows those received. */
    long nextEvent() {
        return nextEvent;
    }

    /** Adds an event; returns the end of the cell if it is that. */
    Optional<CellEnd> add(CellEvent event) {
        nextEvent = Math.max(nextEvent, event.number() + 1);
        collector.add(event.content()).ifPresent(this::display);
        switch (event.content()) {
            case CellEvent.Accepted _ -> cell = event.cell();
            case CellEvent.Text(boolean isError, String text) -> text(isError, text);
            case CellEvent.Failed(CellError error) ->
                text(true, error.traceback().isEmpty() ? error.name() + ": " + error.value() : error.traceback());
            case CellEvent.Dropped(String mimeType, long bytes) ->
                remark("a result of type " + mimeType + " and " + bytes + " bytes was too large and is left out");
            case CellEvent.Gap(long from, long to) -> remark((to - from) + " pieces of output are missing");
            case CellEvent.Ended(CellEnd end) -> {
                return Optional.of(end);
            }
            case CellEvent.Started _,
                    CellEvent.Display _,
                    CellEvent.DisplayData _,
                    CellEvent.InputRequested _,
                    CellEvent.KeepAlive _ -> {}
        }
        return Optional.empty();
    }

    private void text(boolean isError, String text) {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
        if (isError) {
            err.append(bytes);
        } else {
            out.append(bytes);
            atLineStart = text.isEmpty() ? atLineStart : text.endsWith("\n");
        }
    }

    private void display(CellDisplay display) {
        display.readable()
                .ifPresent(text -> text(false, (atLineStart ? "" : "\n") + text + (text.endsWith("\n") ? "" : "\n")));
        int bytes = display.parts().values().stream()
                .mapToInt(ByteBuffer::remaining)
                .sum();
        if (displayBytes + bytes > DISPLAY_BYTES) {
            remark("a result of " + bytes + " bytes is left out: all of a cell have at most " + DISPLAY_BYTES);
            return;
        }
        displayBytes += bytes;
        displays.add(display);
    }

    CodeResult result(CellEnd end) {
        if (!end.keepsVariables()) {
            remark("the interpreter has ended; its variables are lost, and files are kept");
        }
        return new CodeResult(
                outcome(end),
                exitCode(end),
                end.duration(),
                out.excerpt(),
                err.excerpt(),
                Optional.empty(),
                String.join("; ", remarks),
                displays);
    }

    private static Outcome outcome(CellEnd end) {
        return switch (end.outcome()) {
            case OK, ERROR, DIED, DRIVER_BROKEN, SKIPPED -> Outcome.COMPLETED;
            case TIMED_OUT -> Outcome.TIMED_OUT;
            case INTERRUPTED -> Outcome.CANCELLED;
        };
    }

    private static int exitCode(CellEnd end) {
        return switch (end.outcome()) {
            case OK -> 0;
            case ERROR, TIMED_OUT, INTERRUPTED, DIED, DRIVER_BROKEN, SKIPPED -> Math.max(1, end.exitCode());
        };
    }
}
