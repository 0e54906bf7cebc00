package io.neurovisor.cli.console;

import io.neurovisor.engine.progress.Progress;
import java.io.PrintStream;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** Shows progress on stderr: a moving line on a terminal, one plain line per step elsewhere. */
public final class ConsoleProgress implements Progress, AutoCloseable {
    private static final int UPDATE_MILLIS = 200;

    private final boolean terminal = Terminal.isTerminal(Terminal.STDERR);
    private final boolean quiet;
    private final PrintStream err = System.err;
    private @Nullable ProgressBar bar;
    private @Nullable Progress instead;

    /** @param quiet whether to show nothing */
    public ConsoleProgress(boolean quiet) {
        this.quiet = quiet;
    }

    @Override
    public synchronized void step(String message) {
        done();
        if (instead != null) {
            instead.step(message);
            return;
        }
        if (quiet) {
            return;
        }
        if (terminal) {
            bar = new ProgressBarBuilder()
                    .setTaskName(message)
                    .setInitialMax(-1)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(UPDATE_MILLIS)
                    .hideEta()
                    .build();
        } else {
            err.println("neurovisor: " + message);
        }
    }

    @Override
    public synchronized void detail(String message) {
        if (bar != null) {
            bar.setExtraMessage(message);
        }
    }

    /** Sends further steps to {@code other}, which draws on the part of the terminal that the progress bar would use. */
    public synchronized void divert(Progress other) {
        done();
        instead = other;
    }

    /** Ends the current step, so that the next output starts on a new line. */
    public synchronized void done() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }

    @Override
    public void close() {
        done();
    }
}
