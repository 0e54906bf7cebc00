package io.neurovisor.cli.screen;

import java.io.Closeable;
import java.io.IOException;
import java.util.function.IntSupplier;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;

/** How wide the terminal is now; JLine knows. */
public final class TerminalWidth implements IntSupplier, Closeable {
    private static final int USUAL = 80;

    private final @Nullable Terminal terminal;

    private TerminalWidth(@Nullable Terminal terminal) {
        this.terminal = terminal;
    }

    /** Signals stay as they are: Ctrl-C is the command's. Where nothing can be learned, it is the usual width. */
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
