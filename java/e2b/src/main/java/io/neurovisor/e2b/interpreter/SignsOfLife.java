package io.neurovisor.e2b.interpreter;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Sends lines to a client, and after each silence one that shows whether the client is still there: over HTTP/1.1 only a failed write
 * does.
 */
final class SignsOfLife implements AutoCloseable {
    private final OutputStream output;
    private final Duration silence;
    private final Runnable onDisconnect;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean isClosed;

    /** @param onDisconnect called at most once, by another thread */
    SignsOfLife(OutputStream output, Duration silence, Runnable onDisconnect) {
        this.output = output;
        this.silence = silence;
        this.onDisconnect = onDisconnect;
    }

    void start() {
        Thread _ = Thread.ofVirtual().name("e2b-cell-alive").start(this::run);
    }

    void send(List<ObjectNode> lines) throws IOException {
        if (lines.isEmpty()) {
            return;
        }
        lock.lock();
        try {
            write(lines);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        lock.lock();
        try {
            while (!isClosed) {
                if (!changed.await(silence.toNanos(), TimeUnit.NANOSECONDS) && !isClosed) {
                    write(List.of(CellLines.keepAlive()));
                }
            }
        } catch (IOException gone) {
            onDisconnect.run();
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    private void write(List<ObjectNode> lines) throws IOException {
        for (ObjectNode line : lines) {
            output.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        }
        output.flush();
    }

    /** Nothing is sent any more once this has returned. */
    @Override
    public void close() {
        lock.lock();
        try {
            isClosed = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }
}
