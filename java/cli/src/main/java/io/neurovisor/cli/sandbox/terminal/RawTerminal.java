package io.neurovisor.cli.sandbox.terminal;

import io.neurovisor.cli.run.Launch;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.TerminalSize;
import java.io.IOException;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jline.terminal.Attributes;
import org.jline.terminal.Attributes.ControlChar;
import org.jline.terminal.Attributes.InputFlag;
import org.jline.terminal.Attributes.LocalFlag;
import org.jline.terminal.Attributes.OutputFlag;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;

/**
 * The terminal of this process. In raw mode each key reaches the terminal in the sandbox, which echoes it and turns Ctrl-C
 * into a signal. Closing it restores the terminal, as does the end of the JVM.
 */
public final class RawTerminal implements AutoCloseable {
    private static final int MAX = 4096;
    private static final TerminalSize UNKNOWN = new TerminalSize(24, 80);
    private static final String RESIZED = "WINCH";

    private final Terminal terminal;
    private @Nullable Object formerHandler;

    private RawTerminal(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Returns the terminal; empty if standard input and output are not one. */
    public static Optional<RawTerminal> ofThisProcess() {
        if (!io.neurovisor.cli.console.Terminal.isTerminal(io.neurovisor.cli.console.Terminal.STDIN)
                || !io.neurovisor.cli.console.Terminal.isTerminal(io.neurovisor.cli.console.Terminal.STDOUT)) {
            return Optional.empty();
        }
        try {
            // JLine restores the terminal in a shutdown hook. Signals are left to the command.
            return Optional.of(new RawTerminal(TerminalBuilder.builder()
                    .system(true)
                    .dumb(false)
                    .nativeSignals(false)
                    .build()));
        } catch (IOException | IllegalStateException exception) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED, "the terminal cannot be examined by stty: " + exception.getMessage(), exception);
        }
    }

    /**
     * Sets raw mode.
     *
     * @param resized runs in a thread of the JVM each time the size has changed
     */
    public void setRaw(Runnable resized) {
        formerHandler = Signals.register(RESIZED, resized);
        terminal.setAttributes(raw(terminal.getAttributes()));
    }

    /** Returns what cfmakeraw(3) sets. */
    private static Attributes raw(Attributes usual) {
        Attributes raw = new Attributes(usual);
        raw.setInputFlags(
                EnumSet.of(
                        InputFlag.IGNBRK,
                        InputFlag.BRKINT,
                        InputFlag.PARMRK,
                        InputFlag.ISTRIP,
                        InputFlag.INLCR,
                        InputFlag.IGNCR,
                        InputFlag.ICRNL,
                        InputFlag.IXON),
                false);
        raw.setOutputFlag(OutputFlag.OPOST, false);
        raw.setLocalFlags(
                EnumSet.of(LocalFlag.ECHO, LocalFlag.ECHONL, LocalFlag.ICANON, LocalFlag.ISIG, LocalFlag.IEXTEN),
                false);
        raw.setControlChar(ControlChar.VMIN, 1);
        raw.setControlChar(ControlChar.VTIME, 0);
        return raw;
    }

    /** Returns the size of the terminal, or a usual one without a terminal. */
    public static TerminalSize size(Optional<RawTerminal> terminal) {
        return terminal.map(RawTerminal::size).orElse(UNKNOWN);
    }

    /** Returns the environment of a process with a terminal: it knows the type of this one. */
    public static Map<String, String> environment(Map<String, String> environment, Launch launch) {
        Map<String, String> variables = new HashMap<>(environment);
        variables.putIfAbsent("TERM", launch.environment().variables().getOrDefault("TERM", "dumb"));
        return variables;
    }

    public TerminalSize size() {
        Size size = terminal.getSize();
        return size.getRows() < 1 || size.getColumns() < 1
                ? UNKNOWN
                : new TerminalSize(Math.min(size.getRows(), MAX), Math.min(size.getColumns(), MAX));
    }

    @Override
    public void close() {
        // JLine waits for stty, which an interrupted thread would not.
        boolean interrupted = Thread.interrupted();
        try {
            if (formerHandler != null) {
                Signals.unregister(RESIZED, formerHandler);
            }
            terminal.close();
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED,
                    "the terminal could not be restored; stty sane does it: " + exception.getMessage(),
                    exception);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
