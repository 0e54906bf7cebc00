package io.neurovisor.cli.screen;

import java.io.Closeable;
import java.io.IOException;
import java.util.function.IntSupplier;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;

/** The current width of the terminal, from JLine. */
public final class TerminalWidth implements IntSupplier, Closeable {
    private static final int USUAL = 80;

    private final @Nullable Terminal terminal;

    private TerminalWidth(@Nullable Terminal terminal) {
        this.terminal = terminal;
    }

    /** Leaves signals alone, because the command handles Ctrl-C. An unknown width is replaced by the default. */
    public static TerminalWidth open() {
        try {
            return new TerminalWidth(
                    TerminalBuilder.builder().dumb(true).nativeSignals(false).build());
        } catch (IOException exception) {
            return new TerminalWidth(null);
        }
    }

    @Override
    public int getAsInt() {
        int columns = terminal == null ? 0 : terminal.getWidth();
        return columns > 0 ? columns : USUAL;
    }

    @Override
    public void close() throws IOException {
        if (terminal != null) {
            terminal.close();
        }
    }
}
