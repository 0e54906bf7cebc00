package io.neurovisor.tests;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What libraries log by {@code java.util.logging} while somebody listens, and a terminal or file would have. */
final class LoggedLines extends Handler implements AutoCloseable {
    private static final Logger ROOT = Logger.getLogger("");

    private final List<String> lines = new CopyOnWriteArrayList<>();

    private LoggedLines() {}

    static LoggedLines listen() {
        LoggedLines logged = new LoggedLines();
        ROOT.addHandler(logged);
        return logged;
    }

    List<String> lines() {
        return List.copyOf(lines);
    }

    @Override
    public void publish(LogRecord event) {
        if (event.getLevel().intValue() >= Level.INFO.intValue()) {
            lines.add(event.getLoggerName() + ": " + event.getMessage());
        }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        ROOT.removeHandler(this);
    }
}
