package io.neurovisor.cli.sandbox.interpreter;

import io.neurovisor.cli.console.StandardStreams;
import io.neurovisor.engine.interpreter.CellDisplay;
import io.neurovisor.engine.interpreter.CellEnd;
import io.neurovisor.engine.interpreter.CellError;
import io.neurovisor.engine.text.UntrustedText;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Prints what a cell sends as it comes. Results are shown as text. */
final class ConsoleOutput implements CellOutput {
    private final StandardStreams streams;
    private final ResultFiles files;
    private final Consumer<String> problems;
    private boolean atLineStart = true;

    ConsoleOutput(StandardStreams streams, ResultFiles files, Consumer<String> problems) {
        this.streams = streams;
        this.files = files;
        this.problems = problems;
    }

    @Override
    public void begin(long cell) {
        files.begin(cell);
    }

    @Override
    public void text(boolean isError, String text) {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
        if (isError) {
            streams.stderr(bytes);
        } else {
            streams.stdout(bytes);
            atLineStart = text.endsWith("\n");
        }
    }

    @Override
    public void display(CellDisplay display) {
        display.readable().ifPresent(this::line);
        files.save(display);
    }

    private void line(String text) {
        String start = atLineStart ? "" : "\n";
        text(false, start + text + (text.endsWith("\n") ? "" : "\n"));
    }

    @Override
    public void error(CellError error) {
        String trace = error.traceback().isEmpty() ? error.name() + ": " + error.value() : error.traceback();
        String lines = UntrustedText.lines(trace);
        text(true, lines.endsWith("\n") ? lines : lines + "\n");
    }

    @Override
    public void dropped(String mimeType, long bytes) {
        problems.accept("a result of type %s and %d bytes exceeded the limit and was dropped"
                .formatted(UntrustedText.line(mimeType), bytes));
    }

    @Override
    public void gap(long from, long to) {
        problems.accept("the events from %d up to %d are missing: they were not read in time".formatted(from, to - 1));
    }

    @Override
    public void end(CellEnd end) {
        if (end.textTruncated()) {
            problems.accept("the cell wrote more than 64 MiB of text, and the rest was dropped");
        }
    }
}
