package io.neurovisor.host.process;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The newest lines of a program's messages, kept to explain its failure. Bounded; safe for use by several threads. */
public final class LineTail {
    private static final int MAX_LINES = 200;
    private static final int MAX_LINE_CHARS = 500;

    private final Object lock = new Object();
    private final Deque<String> lines = new ArrayDeque<>();

    public void add(String line) {
        synchronized (lock) {
            if (lines.size() == MAX_LINES) {
                lines.removeFirst();
            }
            lines.addLast(line.length() > MAX_LINE_CHARS ? line.substring(0, MAX_LINE_CHARS) : line);
        }
    }

    public List<String> lines() {
        synchronized (lock) {
            return List.copyOf(lines);
        }
    }
}
