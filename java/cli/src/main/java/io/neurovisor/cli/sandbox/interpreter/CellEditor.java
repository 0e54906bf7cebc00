package io.neurovisor.cli.sandbox.interpreter;

import io.neurovisor.cli.console.Terminal;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jline.reader.CompletingParsedLine;
import org.jline.reader.EOFError;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.TerminalBuilder;

/** Reads cells from the terminal of this process, with editing and a history of this session. */
final class CellEditor implements AutoCloseable {
    private final org.jline.terminal.Terminal terminal;
    private final LineReader reader;

    private CellEditor(org.jline.terminal.Terminal terminal) {
        this.terminal = terminal;
        this.reader = LineReaderBuilder.builder()
                .terminal(terminal)
                .parser(new Cells())
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                .option(LineReader.Option.BRACKETED_PASTE, true)
                .variable(LineReader.SECONDARY_PROMPT_PATTERN, "... ")
                .variable(LineReader.INDENTATION, 0)
                .build();
    }

    static CellEditor ofThisProcess() {
        if (!Terminal.isTerminal(Terminal.STDIN) || !Terminal.isTerminal(Terminal.STDOUT)) {
            throw NeuroVisorException.invalid(
                    "terminal",
                    "repl needs a terminal; neurovisor sandbox run-code ID - reads a cell from standard input");
        }
        try {
            return new CellEditor(
                    TerminalBuilder.builder().system(true).dumb(false).build());
        } catch (IOException | IllegalStateException exception) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED, "the terminal cannot be examined by stty: " + exception.getMessage(), exception);
        }
    }

    /** Returns the next cell that is not blank; empty at the end. Ctrl-C discards what has been typed. */
    Optional<String> read() {
        while (true) {
            try {
                String cell = reader.readLine(">>> ");
                if (!cell.isBlank()) {
                    return Optional.of(cell);
                }
            } catch (UserInterruptException discarded) {
                // The next cell begins on a new line.
            } catch (EndOfFileException end) {
                return Optional.empty();
            }
        }
    }

    @Override
    public void close() {
        try {
            terminal.close();
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED, "the terminal cannot be restored: " + exception.getMessage(), exception);
        }
    }

    /** Accepts a line once the cell is complete, which is a single word for the editor. */
    private static final class Cells implements Parser {
        @Override
        public ParsedLine parse(String line, int cursor, ParseContext context) {
            if (context == ParseContext.ACCEPT_LINE && UnfinishedCode.goesOn(line)) {
                throw new EOFError(-1, -1, "the cell goes on");
            }
            return new Whole(line, cursor);
        }
    }

    private record Whole(String line, int cursor) implements CompletingParsedLine {
        @Override
        public CharSequence escape(CharSequence candidate, boolean complete) {
            return candidate;
        }

        @Override
        public int rawWordCursor() {
            return cursor;
        }

        @Override
        public int rawWordLength() {
            return line.length();
        }

        @Override
        public String word() {
            return line;
        }

        @Override
        public int wordCursor() {
            return cursor;
        }

        @Override
        public int wordIndex() {
            return 0;
        }

        @Override
        public List<String> words() {
            return List.of(line);
        }
    }
}
