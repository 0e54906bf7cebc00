package io.neurovisor.cli.console;

import io.neurovisor.engine.progress.Progress;
import java.io.PrintStream;
import java.time.Duration;
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
            bar = bar(message, Duration.ZERO);
        } else {
            err.println("neurovisor: " + message);
        }
    }

    private static ProgressBar bar(String message, Duration elapsed) {
        return new ProgressBarBuilder()
                .setTaskName(message)
                .setInitialMax(-1)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(UPDATE_MILLIS)
                .startsFrom(0, elapsed)
                .hideEta()
                .build();
    }

    /** Prints lines during a step, whose moving line goes on below them. */
    public synchronized void between(Runnable lines) {
        ProgressBar interrupted = bar;
        done();
        lines.run();
        if (interrupted != null) {
            bar = bar(interrupted.getTaskName(), interrupted.getTotalElapsed());
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
